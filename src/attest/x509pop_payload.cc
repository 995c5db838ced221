// The forms of docs/formats/x509pop.md.
#include <utility>

#include "attest/x509pop_internal.h"

namespace ward::attest {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCountMax = 1 + kX509PopIntermediatesMax;
constexpr std::size_t kLengthBytes = 4;

Result<ByteView> take(ByteView& rest, std::size_t size) {
  if (rest.size() < size)
    return invalid_argument("x509pop payload ends early: {} bytes left, expected {}", rest.size(),
                            size);
  return std::exchange(rest, rest.subspan(size)).first(size);
}

Result<ByteView> take_certificate(ByteView& rest) {
  WARD_TRY(const ByteView length, take(rest, kLengthBytes));
  std::size_t size = 0;
  for (const std::uint8_t byte : length) size = size << 8 | byte;
  return take(rest, size);
}

Result<void> check_count(std::size_t count) {
  if (count >= 1 && count <= kCountMax) return {};
  return invalid_argument("x509pop chain of {} certificates, expected 1 to {}", count, kCountMax);
}

}  // namespace

namespace internal {

Result<crypto::SignatureScheme> x509pop_scheme(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::kP256:
      return crypto::SignatureScheme::kEs256Der;
    case crypto::KeyType::kP384:
      return crypto::SignatureScheme::kEs384Der;
    case crypto::KeyType::kRsa:
      return crypto::SignatureScheme::kPs256;
    case crypto::KeyType::kP521:
    case crypto::KeyType::kEd25519:
      return invalid_argument(
          "x509pop certificate for a key of type {}, expected P-256, P-384, RSA",
          crypto::key_type_name(type));
  }
  WARD_UNREACHABLE();
}

// A trust domain holds no line break and what follows it is of fixed size: one reading only.
Bytes x509pop_text(const NodeConversation& conversation, ByteView server_nonce,
                   ByteView client_nonce) {
  Bytes text = to_bytes("ward x509pop v1\n");
  append(text, conversation.trust_domain.name());
  append(text, "\n");
  append(text, server_nonce);
  append(text, client_nonce);
  append(text, conversation.agent_key);
  return text;
}

}  // namespace internal

Result<std::vector<crypto::Certificate>> parse_x509pop_payload(ByteView payload) {
  if (payload.size() > kNodePayloadBytesMax)
    return invalid_argument("x509pop payload of {} bytes, expected at most {}", payload.size(),
                            kNodePayloadBytesMax);
  ByteView rest = payload;
  WARD_TRY(const ByteView head, take(rest, 2));
  if (head[0] != kVersion)
    return invalid_argument("x509pop payload of version {}, expected {}", head[0], kVersion);
  const std::size_t count = head[1];
  WARD_RETURN_IF_ERROR(check_count(count));
  std::vector<crypto::Certificate> chain;
  for (std::size_t i = 0; i < count; ++i) {
    WARD_TRY(const ByteView der, take_certificate(rest));
    WARD_TRY(crypto::Certificate certificate, crypto::Certificate::parse_der(der));
    chain.push_back(std::move(certificate));
  }
  if (!rest.empty())
    return invalid_argument("{} bytes after the x509pop chain, expected none", rest.size());
  WARD_TRY([[maybe_unused]] const auto scheme,
           internal::x509pop_scheme(chain.front().public_key().type()));
  return chain;
}

Result<Bytes> encode_x509pop_payload(std::span<const crypto::Certificate> chain) {
  WARD_RETURN_IF_ERROR(check_count(chain.size()));
  Bytes payload{kVersion, static_cast<std::uint8_t>(chain.size())};
  for (const crypto::Certificate& certificate : chain) {
    const std::size_t size = certificate.der().size();
    for (std::size_t shift = 8 * kLengthBytes; shift != 0; shift -= 8)
      payload.push_back(static_cast<std::uint8_t>(size >> (shift - 8)));
    append(payload, certificate.der());
  }
  WARD_TRY([[maybe_unused]] const auto parsed, parse_x509pop_payload(payload));
  return payload;
}

}  // namespace ward::attest
