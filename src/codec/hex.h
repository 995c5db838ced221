// Base16 (RFC 4648 section 8). Written in lower case; read in either case, two digits a byte.
//
// Errors are kInvalidArgument and name the offset, never the text, which may be secret.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ward::codec {

std::string encode_hex(ByteView bytes);
Result<Bytes> decode_hex(std::string_view text);

}  // namespace ward::codec
