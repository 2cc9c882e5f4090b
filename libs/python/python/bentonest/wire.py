"""The frames that API process and worker exchange; libs/runner/src/wire/frame.ts describes them.

Tensors are read as views of the frame's own memory and written from theirs: they are not copied.
"""

import json
import struct

import numpy as np

from .errors import BentoError, UnsupportedValueError, WireProtocolError

VERSION = 1
HEADER = struct.Struct("<IBBHIId")
LENGTH = struct.Struct("<I")
BLOCK = struct.Struct("<BBHI")
MAX_FRAME_BYTES = 1 << 30
MAX_RANK = 32

HELLO, CALL, RESULT, ERROR, CANCEL = range(5)

#: In the order of libs/tensor/src/dtype.ts: the number of a dtype on the wire is its place.
_DTYPES = [
    np.dtype(name).newbyteorder("<")
    for name in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
]
_CODES = {(dtype.kind, dtype.itemsize): code for code, dtype in enumerate(_DTYPES)}
_STRING = len(_DTYPES)
#: Once: json.dumps makes an encoder for each call that is not to its defaults.
_encode_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class PayloadTooLargeError(BentoError):
    code = "RUNNER_PAYLOAD_TOO_LARGE"
    status_code = 413

    def __init__(self, size):
        super().__init__(
            "A runner call or result may have %d bytes, this one has %d. Send fewer rows at a time."
            % (MAX_FRAME_BYTES, size),
            details={"bytes": size, "limitBytes": MAX_FRAME_BYTES},
        )


def _align8(size):
    return (size + 7) & ~7


class Frame:
    __slots__ = ("type", "id", "deadline", "head_bytes", "tensors")

    def __init__(self, type, id, deadline, head_bytes, tensors):
        self.type = type
        self.id = id
        self.deadline = deadline
        self.head_bytes = head_bytes
        self.tensors = tensors

    def read_head(self):
        """The head. It is read with its call, so that one that cannot be read fails this call alone."""
        try:
            return json.loads(self.head_bytes)
        except RecursionError:
            raise UnsupportedValueError("The JSON of an argument is nested too deeply for Python.") from None


def read_frame(receive):
    """The next frame; ``receive(view)`` fills a buffer and returns False at the end of the stream."""
    header = bytearray(HEADER.size)
    if not receive(memoryview(header)):
        return None
    length, version, kind, count, id, head_bytes, deadline = HEADER.unpack(header)
    if version != VERSION:
        raise WireProtocolError("wire version %d, not %d" % (version, VERSION))
    if length < HEADER.size or length % 8 or length > MAX_FRAME_BYTES:
        raise WireProtocolError("a frame of %d bytes" % length)
    # numpy's own memory begins at a multiple of 16, so that views of it are aligned.
    body = np.empty(length - HEADER.size, np.uint8)
    if length > HEADER.size and not receive(memoryview(body)):
        return None
    head_end = _align8(head_bytes)
    if head_end > len(body):
        raise WireProtocolError("a head past the frame")
    tensors, at = [], head_end
    for _ in range(count):
        tensor, at = _read_block(body, at)
        tensors.append(tensor)
    if at != len(body):
        raise WireProtocolError("bytes behind the last tensor")
    return Frame(kind, id, deadline, bytes(body[:head_bytes]), tensors)


def _read_block(body, at):
    if at + BLOCK.size > len(body):
        raise WireProtocolError("a cut tensor")
    code, rank, _, data_bytes = BLOCK.unpack_from(body, at)
    start = at + _align8(BLOCK.size + 4 * rank)
    end = start + _align8(data_bytes)
    if code > _STRING or rank > MAX_RANK or end > len(body):
        raise WireProtocolError("a tensor past the frame, or of an unknown dtype")
    # Python's own integers: the product of hostile dimensions does not overflow.
    shape = struct.unpack_from("<%dI" % rank, body, at + BLOCK.size)
    size = 1
    for dimension in shape:
        size *= dimension
    data = body[start:start + data_bytes]
    if code == _STRING:
        return _reshape(_read_strings(data, size), shape), end
    dtype = _DTYPES[code]
    if size * dtype.itemsize != data_bytes:
        raise WireProtocolError("a tensor whose shape and data disagree")
    return _reshape(data.view(dtype), shape), end


def _reshape(data, shape):
    try:
        return data.reshape(shape)
    except ValueError:
        raise WireProtocolError("a shape that numpy cannot have") from None


def _read_strings(data, size):
    if size * 4 > len(data):
        raise WireProtocolError("fewer strings than the shape says")
    raw, texts, at = bytes(data), np.empty(size, dtype=object), 0
    for index in range(size):
        if at + 4 > len(raw):
            raise WireProtocolError("a cut string")
        (length,) = struct.unpack_from("<I", raw, at)
        at += 4
        if at + length > len(raw):
            raise WireProtocolError("a cut string")
        texts[index] = raw[at:at + length].decode("utf-8", "replace")
        at += length
    if at != len(raw):
        raise WireProtocolError("more string bytes than the shape says")
    return texts


def encode_frame(kind, id, head=None, tensors=(), deadline=0.0):
    """The pieces of a frame, for one vectored write."""
    head_bytes = b"" if head is None else _encode_json(head).encode()
    pieces = [b"", head_bytes, bytes(_align8(len(head_bytes)) - len(head_bytes))]
    length = HEADER.size + _align8(len(head_bytes))
    for tensor in tensors:
        block = _block(tensor)
        pieces.extend(block)
        length += sum(len(piece) for piece in block)
    if length > MAX_FRAME_BYTES:
        raise PayloadTooLargeError(length)
    pieces[0] = HEADER.pack(length, VERSION, kind, len(tensors), id, len(head_bytes), deadline)
    return pieces


def _block(tensor):
    if tensor.dtype.kind in "OUT":
        code, data = _STRING, _string_bytes(tensor)
    else:
        code = _CODES.get((tensor.dtype.kind, tensor.dtype.itemsize))
        if code is None:
            raise UnsupportedValueError("A result has dtype %s, which a tensor cannot have." % tensor.dtype)
        contiguous = np.ascontiguousarray(tensor, _DTYPES[code])
        # A view of its memory; an empty array has none.
        data = contiguous.reshape(-1).view(np.uint8).data if contiguous.size else b""
    size = len(data)
    header = BLOCK.pack(code, tensor.ndim, 0, size) + struct.pack("<%dI" % tensor.ndim, *tensor.shape)
    return [header + bytes(_align8(len(header)) - len(header)), data, bytes(_align8(size) - size)]


def _string_bytes(tensor):
    parts = []
    for text in tensor.reshape(-1):
        if not isinstance(text, str):
            raise UnsupportedValueError(
                "A result of dtype object may hold strings only, got %s." % type(text).__name__
            )
        encoded = text.encode()
        parts.append(struct.pack("<I", len(encoded)) + encoded)
    return b"".join(parts)
