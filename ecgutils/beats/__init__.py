"""Beats cut in three ways, and their features."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    aligned=["AlignedBeats", "aligned_beats"],
    beats=["Beats", "join"],
    cache=["load_beats"],
    description=["relative_features"],
    r_centred=["RCentred"],
    rhythm=["RHYTHM_FEATURES", "rhythm_features"],
    t_to_t=["cut_t_to_t", "min_max", "resize", "t_to_t_borders"],
    wavelet_features=["shape_features"],
)
