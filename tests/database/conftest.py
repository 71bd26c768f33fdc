"""What the tests of the embedded databases share."""

import pytest

from tests.helpers.physionet_copy import write_copy


@pytest.fixture(scope="session")
def originals(tmp_path_factory):
    """A copy of PhysioNet's folder with three records."""
    return write_copy(tmp_path_factory.mktemp("physionet"))
