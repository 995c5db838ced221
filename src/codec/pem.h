// Textual encoding of binary data: RFC 7468 in its strict form (figure 3).
//
// A block is a BEGIN line, base64 lines of exactly 64 characters (the last 1 to 64), and the END
// line of the same label; no header fields, no white space inside. Lines end in LF or CR LF. Other
// lines outside the blocks are skipped, as section 2 asks, unless they look like a boundary. Errors
// name the line, never the content, and are kInvalidArgument or kResourceExhausted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ward::codec {

struct PemLimits {
  std::size_t max_bytes = 1 << 20;  // of the text
  std::size_t max_blocks = 256;
  std::size_t max_label = 64;
};

struct PemBlock {
  std::string label;  // `CERTIFICATE`, `PRIVATE KEY`, ...
  // Of a private key: move it into a SecretBytes, which takes over the buffer.
  Bytes bytes;
};

// At least one block.
Result<std::vector<PemBlock>> parse_pem(std::string_view text, const PemLimits& limits = {});

// Exactly one block, of that label.
Result<Bytes> parse_one_pem(std::string_view text, std::string_view label,
                            const PemLimits& limits = {});

// The label is one of ours, as RFC 7468 section 3 spells them.
std::string write_pem(std::string_view label, ByteView bytes);

}  // namespace ward::codec
