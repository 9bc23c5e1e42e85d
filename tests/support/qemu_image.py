# SPDX-License-Identifier: BSD-2-Clause
"""
What a guest (qemu.py) boots: Debian's kernel, and an initramfs that is all its
file system. In that are busybox, programs and files of this machine with the
libraries that they are linked to, and the kernel's modules, which it loads when
something asks for them.
"""
import glob
import os
import shutil
import subprocess

KERNEL = "/var/cache/cygnet-tests/linux"  # where tools/install-deps unpacks it
INIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "qemu_init")
BUILD_S = 30

# Below the modules' folder: what has to do with a network and with ciphers.
MODULES = (
    "arch/x86/crypto", "crypto", "lib", "drivers/virtio",
    "drivers/char/virtio_console.ko", "drivers/net/dummy.ko",
    "drivers/net/net_failover.ko", "drivers/net/tun.ko",
    "drivers/net/veth.ko", "drivers/net/virtio_net.ko", "drivers/net/vrf.ko",
    "net/802", "net/8021q", "net/core", "net/ipv4", "net/ipv6", "net/key", "net/llc",
    "net/netfilter", "net/sched", "net/xfrm")
# As on this machine; and where the kernel and scripts look for programs.
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib",
         "lib64": "usr/lib64", "var/run": "../run", "usr/sbin/modprobe": "/busybox/busybox"}
FOLDERS = ("busybox", "dev", "etc", "proc", "root", "run", "sys", "tmp",
           "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "var/log")
# A shell of its own: busybox's finds its own ip before any other.
ALWAYS = ("sh", "ip", "ethtool", "sysctl")
# The C library opens the first of them when a thread is cancelled.
FILES = ("/lib/x86_64-linux-gnu/libgcc_s.so.1", "/etc/passwd", "/etc/group",
         "/etc/iproute2")


def kernel():
    """The path of the kernel; None if there is none."""
    return next(iter(glob.glob(f"{KERNEL}/boot/vmlinuz-*")), None)


def build(path, programs, files):
    """
    Writes an initramfs. programs: names that are found in PATH, or paths;
    files: the same for what has another place there, {there: here}.
    """
    root = path + ".root"
    for folder in FOLDERS:
        os.makedirs(f"{root}/{folder}")
    for link, target in LINKS.items():
        os.symlink(target, f"{root}/{link}")
    shutil.copy(INIT, f"{root}/init")
    shutil.copy("/bin/busybox", f"{root}/busybox/busybox")
    here = [_find(name) for name in (*ALWAYS, *programs)]
    _copy(root, {file: file for file in (*here, *FILES)} | files)
    _copy_libraries(root, [*here, *files.values()])
    _copy_modules(root)
    with open(path, "wb") as image:
        subprocess.run(
            "find . -print0 | cpio --quiet -0 -o -H newc", shell=True, cwd=root,
            stdout=image, check=True, timeout=BUILD_S)
    shutil.rmtree(root)


def _find(name):
    found = shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} is not in PATH")
    return found


def _copy(root, files):
    for there, here in files.items():
        os.makedirs(os.path.dirname(f"{root}/{there}"), exist_ok=True)
        if os.path.isdir(here):
            shutil.copytree(here, f"{root}/{there}")
        else:
            shutil.copy(here, f"{root}/{there}")


def _copy_libraries(root, paths):
    """ldd complains of what is no program, and goes on."""
    said = subprocess.run(["ldd", *paths], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL, check=False,
                          timeout=BUILD_S).stdout
    words = {word for line in said.splitlines() if line.startswith("\t")
             for word in line.split() if word.startswith("/")}
    _copy(root, {library: library for library in words})


def _copy_modules(root):
    folder = glob.glob(f"{KERNEL}/lib/modules/*")[0]
    there = f"/lib/modules/{os.path.basename(folder)}"
    _copy(root, {f"{there}/kernel/{name}": f"{folder}/kernel/{name}"
                 for name in MODULES})
    _copy(root, {f"{there}/{os.path.basename(listed)}": listed
                 for listed in glob.glob(f"{folder}/modules.*")})
    subprocess.run(["busybox", "depmod", "-b", root, os.path.basename(folder)],
                   check=True, timeout=BUILD_S)
