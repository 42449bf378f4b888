"""MNIST and the sets that are stored as it is. Checksums are those that torchvision publishes beside the addresses."""

from nodes.api.downloads import Download, Remote

GZIP = b"\x1f\x8b"


def _four(*sizes_and_sums: tuple[int, str]) -> tuple[Remote, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple(Remote(f"{name}-ubyte.gz", size, md5, GZIP) for name, (size, md5) in zip(names, sizes_and_sums))


MNIST = Download(
    id="mnist",
    name="MNIST",
    about="70,000 handwritten digits, 28×28 (LeCun, Cortes, Burges 1998)",
    source="IDX",
    files=_four(
        (9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        (28881, "d53e105ee54ea40749a09fcbcd1e9432"),
        (1648877, "9fb629c4189551a2d022fa330f9573f3"),
        (4542, "ec29112dd5afa0611ce80d1b7f02629c"),
    ),
    addresses=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ),
)

FASHION_MNIST = Download(
    id="fashion-mnist",
    name="Fashion-MNIST",
    about="70,000 pieces of clothing, 28×28 (Zalando 2017)",
    source="IDX",
    files=_four(
        (26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        (29515, "25c81989df183df01b3e8a0aad5dffbe"),
        (4422102, "bef4ecab320f06d8554ea6380940ec79"),
        (5148, "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    addresses=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
)

KMNIST = Download(
    id="kmnist",
    name="KMNIST",
    about="70,000 Japanese characters of old books, 28×28 (CODH 2018)",
    source="IDX",
    files=_four(
        (18165135, "bdb82020997e1d708af4cf47b453dcf7"),
        (29497, "e144d726b3acfaa3e44228e80efcd344"),
        (3041136, "5c965bf0a639b31b8f53240b1b52f4d7"),
        (5120, "7320c461ea6c1c855c0b718fb2a4b134"),
    ),
    addresses=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
)

EMNIST = Download(
    id="emnist",
    name="EMNIST",
    about="814,255 handwritten letters and digits in six collections, 28×28 (NIST 2017)",
    source="IDX",
    files=(Remote("gzip.zip", 561753746, "58c8d27c78d21e728a6bc7b3cc06412e", b"PK"),),
    addresses=(
        "https://biometrics.nist.gov/cs_links/EMNIST/",
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
    ),
    unpack=True,
)
