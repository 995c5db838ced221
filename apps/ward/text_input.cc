#include "ward/text_input.h"

#include <charconv>

#include "cedar/value/entity_uid.h"
#include "codec/pem.h"
#include "os/file_system.h"
#include "spiffe/x509_svid.h"

namespace ward::cli {

Result<std::string> read_text_file(const std::string& path) {
  os::SystemFileSystem files;
  WARD_TRY(const Bytes bytes, files.read_file(path, kInputFileBytesMax));
  return std::string(as_text(bytes));
}

Result<std::vector<crypto::Certificate>> read_certificates(const std::string& path) {
  WARD_TRY(const std::string text, read_text_file(path));
  return crypto::parse_certificates_pem(text).in(path);
}

Result<crypto::PrivateKey> read_private_key(const std::string& path) {
  os::SystemFileSystem files;
  WARD_TRY(const SecretBytes text, files.read_private_file(path, 64 << 10));
  WARD_TRY(Bytes der, codec::parse_one_pem(as_text(text.view()), "PRIVATE KEY").in(path));
  const SecretBytes key(std::move(der));
  return crypto::PrivateKey::from_pkcs8_der(key).in(path);
}

Result<spiffe::X509BundleSet> read_bundle_for(const std::vector<crypto::Certificate>& chain,
                                              const std::string& path) {
  if (chain.empty()) return invalid_argument("the file of --svid holds no certificate");
  WARD_TRY(const spiffe::SpiffeId id, spiffe::leaf_spiffe_id(chain.front()));
  WARD_TRY(auto authorities, read_certificates(path));
  spiffe::X509BundleSet bundles;
  bundles.set(
      spiffe::X509Bundle{.trust_domain = id.trust_domain(), .authorities = std::move(authorities)});
  return bundles;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Result<std::pair<std::string, std::string>> parse_pair(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return invalid_argument("expected key=value, got `{}`", text);
  }
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

Result<std::pair<std::string, std::string>> parse_entity(std::string_view text) {
  if (const auto uid = cedar::EntityUid::parse(text); uid.ok()) {
    return std::pair(uid->type().name(), uid->id());
  }
  const std::size_t colons = text.rfind("::");
  if (colons == std::string_view::npos || colons == 0 || colons + 2 == text.size()) {
    return invalid_argument("expected TYPE::\"ID\" or TYPE::ID, got `{}`", text);
  }
  WARD_TRY(const cedar::EntityUid uid,
           cedar::EntityUid::of(text.substr(0, colons), text.substr(colons + 2)));
  return std::pair(uid.type().name(), uid.id());
}

}  // namespace ward::cli
