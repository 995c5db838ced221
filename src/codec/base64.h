// Base64 (RFC 4648 section 4) and base64url without padding (section 5, as RFC 7515 section 2 uses
// it).
//
// Decoding is strict, so one byte string has exactly one spelling: no white space or line breaks,
// no character outside the alphabet, padding exact (4) or absent (5), unused trailing bits zero
// (RFC 4648 3.5). Errors are kInvalidArgument and name the offset, never the text, which may be
// secret. Output is at most 3/4 of the input: bound the input.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ward::codec {

std::string encode_base64(ByteView bytes);
Result<Bytes> decode_base64(std::string_view text);

std::string encode_base64url(ByteView bytes);
Result<Bytes> decode_base64url(std::string_view text);

// The same without a string of their own.
void append_base64(std::string& out, ByteView bytes);
void append_base64url(std::string& out, ByteView bytes);

}  // namespace ward::codec
