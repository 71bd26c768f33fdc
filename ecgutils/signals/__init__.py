"""Wavelets, filters and noise; where the beats are, which seconds and leads can be used."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    filters=["bandpass"],
    leads=["choose_leads"],
    noise=["NOISES", "add_noise", "snr"],
    noise_stress_test=[
        *("CLEAN_RECORDS", "METHODS", "SNRS_DB", "read_stretch", "read_noise", "noise_for"),
        *("stress_test", "harm_by_method", "energy_by_level", "energy_by_wave"),
    ],
    quality=["lead_faults"],
    r_peaks=["detect_r_peaks"],
    wavelets=["approximation", "band_gains", "bands", "decompose", "denoise"],
)
