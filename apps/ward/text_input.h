// What a command reads from its arguments and from files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "spiffe/bundle.h"

namespace ward::cli {

inline constexpr std::size_t kInputFileBytesMax = 64 << 20;

Result<std::string> read_text_file(const std::string& path);
Result<std::vector<crypto::Certificate>> read_certificates(const std::string& path);  // PEM
Result<crypto::PrivateKey> read_private_key(const std::string& path);  // PEM, PKCS#8, mode 0600
// The CA certificates of a file, as the bundle of the trust domain that `chain`'s leaf is in.
Result<spiffe::X509BundleSet> read_bundle_for(const std::vector<crypto::Certificate>& chain,
                                              const std::string& path);

std::optional<std::uint16_t> parse_port(std::string_view text);

// `key=value`
Result<std::pair<std::string, std::string>> parse_pair(std::string_view text);
// `Type::"id"`, or `Type::id` for shells
Result<std::pair<std::string, std::string>> parse_entity(std::string_view text);

}  // namespace ward::cli
