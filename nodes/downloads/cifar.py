"""CIFAR-10 and CIFAR-100. Checksums are those that their page and torchvision publish."""

from nodes.api.downloads import Download, Remote

ADDRESSES = ("https://www.cs.toronto.edu/~kriz/", "http://www.cs.toronto.edu/~kriz/")

CIFAR10 = Download(
    id="cifar10",
    name="CIFAR-10",
    about="60,000 colour pictures in 10 classes, 32×32 (Krizhevsky 2009)",
    source="CIFAR",
    files=(Remote("cifar-10-python.tar.gz", 170498071, "c58f30108f718f92721af3b95e74349a", b"\x1f\x8b"),),
    addresses=ADDRESSES,
    opens="cifar-10-python.tar.gz",
)

CIFAR100 = Download(
    id="cifar100",
    name="CIFAR-100",
    about="60,000 colour pictures in 100 classes of 20 groups, 32×32 (Krizhevsky 2009)",
    source="CIFAR",
    files=(Remote("cifar-100-python.tar.gz", 169001437, "eb9058c3a382ffc7106e4002c42a8d85", b"\x1f\x8b"),),
    addresses=ADDRESSES,
    opens="cifar-100-python.tar.gz",
)
