"""Writes the npz files of this folder. Written with numpy 1.24.2."""
import io
import sys
import zipfile

import numpy


class Pipe(io.RawIOBase):
    """A stream without seek: zipfile then puts sizes behind the data."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


counts = numpy.arange(24).reshape(2, 3, 4)
types = ["b1", "u1", "i1"] + [order + kind for kind in ["u2", "u4", "u8", "i2", "i4", "i8", "f2", "f4", "f8"] for order in "<>"]


def layouts(order):
    return {t: numpy.array(counts - (0 if t[-2] in "bu" else 12), dtype=t, order=order) for t in types}


numpy.savez("row-major.npz", **layouts("C"))
numpy.savez_compressed("fortran.npz", **layouts("F"))
with open("pipe.npz", "wb") as file:
    numpy.savez_compressed(Pipe(file), counts=counts, scalar=numpy.float64(2.5), none=numpy.zeros((0, 3), "f2"))

structure = numpy.zeros(2, dtype=[("x", "<f4"), ("y", "<i4", (2,))])
refused = dict(
    objects=numpy.array([{"a": 1}, None], dtype=object), structure=structure, complex64=numpy.zeros(2, "c8"),
    text=numpy.array(["left", "right"]), ascii=numpy.array([b"left"]), dates=numpy.zeros(2, "M8[ns]"), spans=numpy.zeros(2, "m8[s]"),
    void=numpy.zeros(2, "V2"), longdouble=numpy.zeros(2, "longdouble"), fine=numpy.ones(2, ">f8"))
numpy.savez_compressed("refused.npz", **refused)

with zipfile.ZipFile("versions.npz", "w") as archive:
    for version in [(1, 0), (2, 0), (3, 0)]:
        with archive.open(f"v{version[0]}.npy", "w") as entry:
            numpy.lib.format.write_array(entry, counts.astype("<i2"), version=version)

for name, method in dict(bzip2=zipfile.ZIP_BZIP2, lzma=zipfile.ZIP_LZMA).items():
    with zipfile.ZipFile(f"{name}.npz", "w", method) as archive:
        with archive.open("counts.npy", "w") as entry:
            numpy.save(entry, counts)

half = numpy.array([6.0e-8, -6.1e-5, 65504, -numpy.inf, numpy.nan, 0.1], "f2")
double = numpy.array([0.1, 1e-45, 1e-300, 3.4028235e38, -numpy.inf, numpy.nan, 1 / 3], "f8")
numpy.savez_compressed("floats.npz", half=half, half_as_single=half.astype("f4"), double=double, double_as_single=double.astype("f4"))
