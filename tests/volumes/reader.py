#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads an encrypted volume by docs/volumes.md alone: Python and libcrypto, nothing of sgxx's.

  reader.py VOLUME KEY_FILE     lists everything: path, mode, size and, of files, SHA-256; of links, the target
"""

import ctypes
import ctypes.util
import hashlib
import hmac
import pathlib
import stat
import struct
import sys

BLOCK, BRANCHES, RECORDS = 4096, 102, 32
TABLE, ROOT = 0, 1
crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
for name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm"):
    getattr(crypto, name).restype = ctypes.c_void_p


class Damaged(Exception):
    pass


def hkdf(secret, salt, info):
    key = hmac.digest(salt, secret, "sha256")
    return hmac.digest(key, info.encode() + b"\1", "sha256")[:28]


def decrypt(key, nonce, authenticated, text, tag):
    """AES-128-GCM."""
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    out, length = ctypes.create_string_buffer(len(text) + 16), ctypes.c_int()
    try:
        good = crypto.EVP_DecryptInit_ex(context, ctypes.c_void_p(crypto.EVP_aes_128_gcm()), None, key, nonce) == 1
        good &= crypto.EVP_DecryptUpdate(context, None, ctypes.byref(length), authenticated, len(authenticated)) == 1
        if text:
            good &= crypto.EVP_DecryptUpdate(context, out, ctypes.byref(length), text, len(text)) == 1
        good &= crypto.EVP_CIPHER_CTX_ctrl(context, 0x11, 16, ctypes.c_char_p(tag)) == 1  # EVP_CTRL_AEAD_SET_TAG
        good &= crypto.EVP_DecryptFinal_ex(context, None, ctypes.byref(length)) == 1
    finally:
        crypto.EVP_CIPHER_CTX_free(context)
    if not good:
        raise Damaged
    return out.raw[:len(text)]


def open_box(secret, salt, info, authenticated, text, tag):
    derived = hkdf(secret, salt, info)
    return decrypt(derived[:16], derived[16:], authenticated, text, tag)


class Record:
    def __init__(self, number, raw):
        self.number = number
        self.mode, self.user, self.group, self.links, self.size = struct.unpack_from("<IIIIQ", raw)
        self.accessed, self.modified, self.changed, self.born, self.device = struct.unpack_from("<qqqqQ", raw, 24)
        self.blocks, self.height = struct.unpack_from("<QI", raw, 72)
        self.root = raw[88:128]


class Volume:
    def __init__(self, path, secret):
        self.disk = pathlib.Path(path).read_bytes()
        self.key, self.id = self.open_header(secret)
        state = self.open_state()
        self.generation, = struct.unpack_from("<Q", state)
        self.blocks, self.limit, self.used, self.slots, self.count, self.height = struct.unpack_from("<QQQQQI", state, 48)
        self.table = state[96:136]

    def block(self, number):
        return self.disk[number * BLOCK:(number + 1) * BLOCK]

    def open_header(self, secret):
        found = []
        for header in (self.block(0), self.block(1)):
            try:
                found.append((struct.unpack_from("<Q", header, 32)[0], self.key_in(header, secret), header[16:32]))
            except Damaged:
                pass
        if not found:
            raise Damaged("no header that opens with this key")
        return max(found)[1:]

    def key_in(self, header, secret):
        if header[:8] != b"SGXXVOL\0" or struct.unpack_from("<II", header, 8) != (2, BLOCK):
            raise Damaged
        for at in range(128, 128 + 8 * 192, 192):
            slot = header[at:at + 192]
            if slot[:4] != struct.pack("<I", 1):
                continue
            try:
                key = open_box(secret, slot[8:40], "sgxx volume key slot", header[16:32] + slot[:120], slot[120:152], slot[152:168])
            except Damaged:
                continue
            open_box(key, header[40:72], "sgxx volume header", header[:72] + bytes(16) + header[88:], b"", header[72:88])
            return key
        raise Damaged

    def open_state(self):
        states = []
        for slot in (0, 1):
            raw = self.block(2 + slot)
            if raw[:8] != b"SGXXSUP\0" or struct.unpack_from("<II", raw, 8) != (2, slot):
                continue
            try:
                states.append(open_box(self.key, raw[16:48], "sgxx volume superblock", self.id + raw[:48], raw[64:], raw[48:64]))
            except Damaged:
                pass
        if not states:
            raise Damaged("no superblock")
        return max(states, key=lambda state: struct.unpack_from("<Q", state))

    def follow(self, pointer, item, level, index):
        """The block that a pointer leads to; None for a hole."""
        number, = struct.unpack_from("<Q", pointer)
        if number == 0:
            if any(pointer):
                raise Damaged("a hole that is not zero")
            return None
        place = struct.pack("<QQII", item, index, level, 0)
        return decrypt(pointer[8:24], struct.pack("<QI", number, level), place, self.block(number), pointer[24:40])

    def blocks_of(self, item, pointer, level, index=0):
        """(index, bytes) of all blocks that are no holes."""
        raw = self.follow(pointer, item, level, index)
        if raw is None:
            return
        if level == 0:
            yield index, raw
            return
        if any(raw[40 * BRANCHES:]):
            raise Damaged("a node that does not end in zeros")
        for i in range(BRANCHES):
            yield from self.blocks_of(item, raw[40 * i:40 * i + 40], level - 1, BRANCHES * index + i)

    def records(self):
        found = {}
        for index, raw in self.blocks_of(TABLE, self.table, self.height):
            for i in range(RECORDS):
                record = Record(RECORDS * index + i, raw[128 * i:128 * i + 128])
                if record.mode != 0:
                    found[record.number] = record
        if len(found) != self.count or any(number >= self.slots for number in found):
            raise Damaged("the state counts other objects")
        return found

    def data(self, record):
        out, count = bytearray(record.size), 0
        for index, raw in self.blocks_of(record.number, record.root, record.height):
            count += 1
            end = min(record.size, (index + 1) * BLOCK)
            out[index * BLOCK:end] = raw[:max(0, end - index * BLOCK)]
        if count != record.blocks or len(out) != record.size:
            raise Damaged("the record counts other blocks")
        return bytes(out)

    def names(self, record):
        data = self.data(record)
        for start in range(0, len(data), BLOCK):
            at, block = 0, data[start:start + BLOCK]
            while at + 9 < BLOCK and block[at:at + 8] != bytes(8):
                number, length = struct.unpack_from("<QB", block, at)
                yield block[at + 9:at + 9 + length], number
                at += 9 + length
            if any(block[at:]):
                raise Damaged("something behind the last entry")


def walk(volume):
    """(path, record, data or target) of everything that has a name, in the order of names."""
    records = volume.records()

    def below(path, number):
        record = records[number]
        if stat.S_ISDIR(record.mode):
            yield path, record, None
            for name, child in sorted(volume.names(record)):
                yield from below(path + b"/" + name, child)
        else:
            yield path, record, volume.data(record)

    yield from below(b"", ROOT)


def lines(volume):
    for path, record, data in walk(volume):
        line = f"{path.decode(errors='surrogateescape') or '/'} {record.mode:o} {record.links} "
        if stat.S_ISDIR(record.mode):
            yield line + "-"
        elif stat.S_ISLNK(record.mode):
            yield line + data.decode(errors="surrogateescape")
        else:
            yield line + f"{record.size} {hashlib.sha256(data).hexdigest()}"


def main():
    path, key_file = sys.argv[1:]
    for line in lines(Volume(path, pathlib.Path(key_file).read_bytes())):
        print(line)


if __name__ == "__main__":
    main()
