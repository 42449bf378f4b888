"""Why nothing here reads a file or folder: what it is instead, and the way out."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections import Counter
from pathlib import Path

from nodes.api import NoData, cut
from nodes.api.words import listed
from nodes.reading.folder_names import names_in
from nodes.reading.listing import ending, hidden
from nodes.reading.tables_signs import has_columns, holds_strokes
from nodes.reading.unpacking import why_not_unpacked

KINDS = "pictures, tables, texts, sounds or arrays"
_HEAD = 4096
_MOST = 2000  # entries of a folder that are looked at
_PICKLES = frozenset({"pkl", "pickle", "p", "joblib"})
_OF_TORCH = frozenset({"pt", "pth", "ckpt"})
_OWN = {
    "netloom": "is a drawing and no data. Open it with File > Open, or train it with: netloom train",
    "safetensors": "holds the weights of a net and no data. Load them into a drawing with: netloom import-weights",
}
_RUN = ("drawing.netloom", "run.json")  # what lies in the folder of a run, whatever else does
_VIDEOS = frozenset({"mp4", "mov", "avi", "mkv", "webm", "m4v", "mpg", "mpeg", "wmv"})
_PACKED = frozenset({"tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "zst"})
_OTHER_PICTURES = frozenset({"heic", "heif", "svg", "psd", "raw", "cr2", "cr3", "nef", "dng", "arw", "eps", "xcf"})
_DOCUMENTS = frozenset({"pdf", "doc", "docx", "odt", "rtf", "ppt", "pptx"})
_TEXTS = frozenset({"csv", "tsv", "tab", "txt", "data", "dat", "json", "jsonl", "ndjson"})
_TABLES = frozenset({"csv", "tsv", "tab", "txt", "data", "dat", "parquet", "pq", "xlsx", "jsonl"})
_PANDAS = "Save its table as CSV, in pandas with pandas.{how}(...).to_csv('table.csv')"
_FORMATS = {
    "dta": ("a table of Stata", _PANDAS.format(how="read_stata")),
    "sav": ("a table of SPSS", _PANDAS.format(how="read_spss")),
    "sas7bdat": ("a table of SAS", _PANDAS.format(how="read_sas")),
    "xpt": ("a table of SAS", _PANDAS.format(how="read_sas")),
    "rds": ("a file of R", "Save its table in R with write.csv"),
    "rda": ("a file of R", "Save its table in R with write.csv"),
    "rdata": ("a file of R", "Save its table in R with write.csv"),
    "tfrecord": ("a file of TensorFlow", "Save its arrays with numpy.savez, or its pictures as files"),
    "libsvm": (
        "a sparse table of LIBSVM",
        "Read it with sklearn.datasets.load_svmlight_file and save it with numpy.savez",
    ),
    "svmlight": ("a sparse table", "Read it with sklearn.datasets.load_svmlight_file and save it with numpy.savez"),
    "nii": ("a volume of NIfTI", "Read it with nibabel and save its array with numpy.savez"),
    "dcm": ("a picture of DICOM", "Save it as PNG, or its array with numpy.savez"),
    "mid": ("a piece of MIDI notes and no sound", "Save it as WAV, or its notes as a table"),
    "midi": ("a piece of MIDI notes and no sound", "Save it as WAV, or its notes as a table"),
    "edf": ("a recording in the European Data Format", "Read it with mne and save its array with numpy.savez"),
    "bin": (
        "a file of bytes that does not say what they are",
        "Read it with numpy.fromfile and save it with numpy.savez",
    ),
}
_STROKES = (
    "{what} holds drawings as strokes of the pen, as QuickDraw hands them out, which are not read. Get the same "
    "drawings as pictures of 28 × 28 (numpy_bitmap, a .npy file for each word) and choose the folder with these files."
)
_SQLITE = b"SQLite format 3\0"
_SHOULD_BE = {
    "parquet": "Parquet file",
    "pq": "Parquet file",
    "xlsx": "Excel file",
    "xls": "Excel file",
    "npz": "file of NumPy",
    "npy": "file of NumPy",
    "mat": "file of MATLAB",
    "h5": "HDF5 file",
    "hdf5": "HDF5 file",
    "jpg": "JPEG picture",
    "jpeg": "JPEG picture",
    "png": "PNG picture",
    "gif": "GIF picture",
    "bmp": "BMP picture",
    "tif": "TIFF picture",
    "tiff": "TIFF picture",
    "webp": "WebP picture",
    "wav": "WAV sound",
    "flac": "FLAC sound",
    "ogg": "OGG sound",
    "mp3": "MP3 sound",
}
_SIGNS = (
    (b"\xff\xd8\xff", "a JPEG picture", "jpg"),
    (b"\x89PNG", "a PNG picture", "png"),
    (b"GIF8", "a GIF picture", "gif"),
    (b"%PDF", "a PDF document", "pdf"),
    (b"PK\x03\x04", "a zip or Excel file", "zip"),
    (b"\x1f\x8b", "a gzipped file", "gz"),
    (b"PAR1", "a Parquet file", "parquet"),
    (b"\x93NUMPY", "an array of NumPy", "npy"),
)


def check_there(path: Path) -> None:
    """That there is a folder or an ordinary file that may be read. Nothing is opened that could wait for ever.

    Raises:
        NoData: if not.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            with os.scandir(path) as entries:
                next(entries, None)
        elif stat.S_ISREG(mode):
            with path.open("rb"):
                pass
    except FileNotFoundError:
        raise NoData(f"There is nothing at {path}. It may have been moved; find it, or choose another one.") from None
    except OSError as error:
        said = error.strerror or str(error)
        raise NoData(f"{path} cannot be read: {said}. {_way_out(error)}") from None
    except ValueError:  # a zero byte in the name
        raise NoData(f"{cut(repr(str(path)), 200)} is no path. Choose a file or a folder.") from None
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise NoData(f"{path} is no ordinary file, but a pipe, a device or the like. Choose a file or a folder.")


def _way_out(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "Ask for permission, or copy it to a folder of your own."
    return "Choose another one, or copy it to a folder of your own."


def of_run(path: Path) -> str:
    """Where a folder is that of a run: that it is no data, and what can be done with it; else empty."""
    if not all((path / name).is_file() for name in _RUN):
        return ""
    return (
        f"{path.name} is the folder of a training and no data. See how good its net is with: netloom evaluate "
        f"{path.name}. Or choose the data that it was trained with."
    )


def waits(path: Path) -> bool:
    """Whether it is a pipe, a device or the like: opening it could take for ever."""
    try:
        return path.exists() and not (path.is_file() or path.is_dir())
    except (OSError, ValueError):
        return False


def why_not(path: Path) -> str:
    """What a file or folder is that nothing here reads, in a sentence with the remedy."""
    try:
        return _of_folder(path) if path.is_dir() else _of_file(path)
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror or error}. {_way_out(error)}"


def _of_folder(path: Path) -> str:
    found: Counter[str] = Counter()
    looked = 0
    waiting = [path]
    while waiting and looked < _MOST:
        for entry in waiting.pop().iterdir():
            looked += 1
            if looked > _MOST:
                break
            if hidden(entry.name):
                found["of the system"] += 1
            elif entry.is_dir() and not entry.is_symlink():
                waiting.append(entry)
            else:
                found[f".{ending(entry.name)}" if ending(entry.name) else "without an ending"] += 1
    if not looked:
        return f"The folder {path.name} is empty. Choose one that holds {KINDS}."
    if not found:
        return f"The folder {path.name} holds nothing but empty folders. Choose one that holds {KINDS}."
    inside = names_in(path)[:_MOST]
    broken = [name for name, is_folder in inside if not is_folder and "idx" in name.lower()]
    if broken:
        return f"{broken[0]} is cut off in its first bytes, or no file in the IDX format. Get it again."
    tables = [kind for kind in found if kind.removeprefix(".") in _TABLES]
    if found.total() - found["of the system"] == (count := sum(found[kind] for kind in tables)) > 1:
        return (
            f"The folder {path.name} holds {count:,} tables or texts ({listed(sorted(tables))}) in several folders, "
            "and none that stands for all. Choose one of them, or put them together into one table, with a column "
            "that says which is which."
        )
    strokes = [name for name, is_folder in inside if not is_folder and name.lower().endswith(".ndjson")]
    if strokes and _holds_strokes(path / strokes[0]):
        return _STROKES.format(what=f"{strokes[0]} in {path.name}")
    held = [f"{count:,} file{'s' if count > 1 else ''} {kind}" for kind, count in found.most_common()]
    films = sum(found[kind] for kind in found if kind.removeprefix(".") in _VIDEOS)
    frames = " The frames of a video are read as pictures from a folder: ffmpeg -i clip.mp4 clip/frame%05d.png"
    said = f"The folder {path.name} holds nothing that Netloom reads ({KINDS}), but {listed(held, most=4)}."
    return said + (frames if films > 0.5 * found.total() else "")


def _holds_strokes(path: Path) -> bool:
    with path.open("rb") as file:
        return holds_strokes(file.read(_HEAD))


def _of_file(path: Path) -> str:
    name, kind = path.name, ending(path.name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        return f"{name} is empty (0 bytes). Get it again, or choose another file."
    if not head.strip():
        return f"{name} holds nothing but blanks. Choose another file."
    if kind in _PICKLES or head[:1] == b"\x80":
        return (
            f"{name} is a pickle of Python, which could run anything when it is read, so it is not read. Save its "
            "arrays with numpy.savez, or its table as CSV."
        )
    if kind in _OWN:
        return f"{name} {_OWN[kind]}"
    if kind in _OF_TORCH:
        return f"{name} is a file of torch, which is read for weights only. Save its tensors with numpy.savez."
    if damaged := why_not_unpacked(path):
        return damaged
    if kind == "zip":
        return _of_zip(path)
    if kind in _VIDEOS:
        command = f"ffmpeg -i {name} frame%05d.png"
        return f"{name} is a video in one file. Its frames are read as pictures from a folder: {command}"
    if kind in _OTHER_PICTURES:
        return f"{name} is a {kind.upper()} file, which is not read. Save it as PNG or JPEG."
    if kind in _DOCUMENTS:
        return f"{name} is a document, which is not read. Save its text as .txt, or its table as .csv."
    if kind in _PACKED:
        return f"{name} is packed in a way that is not read. Unpack it and choose what comes out."
    if kind in ("xls", "xlsx") and (b"<table" in head.lower() or b"urn:schemas-microsoft-com:office" in head):
        return (
            f"{name} is a page of the web with a table, under the name of an Excel file. Open it in Excel or "
            "LibreOffice and save it as .xlsx or CSV."
        )
    if head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return f"{name} is a page of the web and no data: what was to be fetched is not there. Get it again."
    for sign, what, right in _SIGNS:
        if head.startswith(sign) and kind != right:
            return f"{name} holds {what}, whatever its name says. Rename it so that it ends in .{right}."
    if "idx" in name.lower() or name.lower().endswith("ubyte"):
        return f"{name} is cut off in its first bytes, or no file in the IDX format. Get it again."
    if kind in _TEXTS and "".join(head.decode("latin-1").split()) in ("[]", "{}"):
        return f"{name} holds no entries. Choose another file."
    if holds_strokes(head):
        return _STROKES.format(what=name)
    if kind in _TEXTS:
        strange = head.find(b"\0")
        if strange >= 0:
            return f"{name} is no text: there is a zero byte at {strange:,}. Save it again as {kind.upper()} in UTF-8."
        return (
            f"{name} is a text in which no columns were found. Put a comma, a semicolon or a tab between its cells and "
            "save it as CSV."
        )
    if kind == "mat" and _is_matlab_4(head):
        return f"{name} is a MATLAB file of version 4, which is not read. Save it in MATLAB with save('{name}', '-v7')."
    if kind == "arff":
        return (
            f"{name} is a table in the ARFF format of Weka, which is not read. Save it as CSV (in Weka: Save as, CSV)."
        )
    if kind in ("feather", "arrow", "ftr") or head.startswith((b"ARROW1", b"FEA1")):
        return (
            f"{name} is a Feather (Arrow) file, which is not read. Save its table as Parquet or CSV, in pandas with "
            "to_parquet or to_csv."
        )
    if head.startswith(_SQLITE) or kind in ("sqlite", "sqlite3"):
        return (
            f"{name} is a data base of SQLite, which is not read. Save one of its tables as CSV, in pandas with "
            "pandas.read_sql('SELECT * FROM table', sqlite3.connect('" + name + "')).to_csv('table.csv')"
        )
    if kind in _FORMATS:
        what, remedy = _FORMATS[kind]
        return f"{name} is {what}, which is not read. {remedy}."
    if kind in _SHOULD_BE:
        return f"{name} is no {_SHOULD_BE[kind]}, whatever its name says, or damaged at its beginning. Get it again."
    if columns := has_columns(path):
        said = f"{name} is a text with {columns:,} columns, whose ending does not say so"
        return f"{said}. Rename it so that it ends in .csv."
    return f"{name} is nothing that Netloom reads: {KINDS}."


def _is_matlab_4(head: bytes) -> bool:
    """Whether a file begins with the header of a MATLAB array of version 4, which has no signature: five whole numbers
    (type, rows, columns, whether complex, letters of the name), then the name and a zero byte."""
    for order in ("<", ">"):
        if len(head) < 20:
            return False
        sort, rows, columns, complex_part, letters = struct.unpack(f"{order}5i", head[:20])
        digits = f"{sort:04d}"
        usual = 0 <= sort < 5000 and digits[1] == "0" and digits[2] in "012345" and digits[3] in "012"
        if usual and complex_part in (0, 1) and min(rows, columns) >= 0 and 1 < letters <= 64:
            if head[20 : 20 + letters].endswith(b"\0"):
                return True
    return False


def _of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [each.filename for each in archive.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return f"{path.name} is cut off, or no zip file. Copy or get it again."
    if not names:
        return f"{path.name} is an empty zip file. Choose another one."
    shown = listed([cut(each, 40) for each in names], most=4)
    return (
        f"{path.name} holds no pictures, sounds or texts, which are read from a zip file, but {shown}. Unpack it first."
    )
