#include "agent/witness_pin.h"

namespace ward::agent {
namespace {

constexpr std::size_t kFileBytesMax = 2048;
constexpr mode_t kFileMode = 0644;

}  // namespace

Result<evidence::VerifierKey> WitnessPin::parse(std::string_view text) const {
  if (text.size() >= kFileBytesMax) {
    return invalid_argument("a witness key of {} bytes; expected less than {}", text.size(),
                            kFileBytesMax);
  }
  WARD_TRY(auto key, evidence::VerifierKey::parse(text));
  if (key.type() != evidence::NoteKeyType::kCosignature ||
      !key.name().starts_with(trust_domain_.name() + "/")) {
    return invalid_argument("`{}` is no key for cosignatures in `{}`", key.name(),
                            trust_domain_.name());
  }
  return key;
}

Result<WitnessPin> WitnessPin::open(os::FileSystem& files, std::string path,
                                    spiffe::TrustDomain trust_domain) {
  WitnessPin pin(files, std::move(path), std::move(trust_domain));
  WARD_TRY(const auto status, files.status(pin.path_));
  if (!status) return pin;
  WARD_TRY(const Bytes bytes, files.read_file(pin.path_, kFileBytesMax));
  std::string_view text = as_text(bytes);
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto key = pin.parse(text);
  if (!key.ok()) {
    return make_error(ErrorCode::kDataLoss, "`{}`: {}", pin.path_, key.error().message());
  }
  pin.key_ = std::move(*key);
  return pin;
}

Result<void> WitnessPin::meet(std::string_view text) {
  WARD_TRY(auto key, parse(text));
  if (!key_) {
    WARD_RETURN_IF_ERROR(files_->write_file(path_, as_bytes(key.text() + "\n"), kFileMode));
    key_ = std::move(key);
    return {};
  }
  if (key.text() == key_->text()) return {};
  return make_error(ErrorCode::kUnauthenticated,
                    "the server names the witness key `{}`; `{}` has `{}`. When the server's keys "
                    "were made anew, remove that file",
                    key.text(), path_, key_->text());
}

}  // namespace ward::agent
