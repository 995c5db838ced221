#include "crypto/hash.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/openssl.h"

namespace ward::crypto {
namespace {

MdCtxPtr new_context() {
  MdCtxPtr context(EVP_MD_CTX_new());
  WARD_CHECK(context != nullptr);
  return context;
}

// One context a thread for the one-shot functions, so that a hash allocates nothing.
EVP_MD_CTX* thread_context() {
  thread_local const MdCtxPtr context = new_context();
  return context.get();
}

// OpenSSL's hash functions fail for want of memory or for a bug only, never on input.
void start(EVP_MD_CTX* context, const EVP_MD* algorithm) {
  WARD_CHECK(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1);
}

void add(EVP_MD_CTX* context, ByteView bytes) {
  WARD_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

template <std::size_t N>
std::array<std::uint8_t, N> finish_digest(EVP_MD_CTX* context) {
  std::array<std::uint8_t, N> digest;
  unsigned size = 0;
  WARD_CHECK(EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == N);
  return digest;
}

template <std::size_t N>
std::array<std::uint8_t, N> hash_once(const EVP_MD* algorithm, ByteView bytes) {
  EVP_MD_CTX* context = thread_context();
  start(context, algorithm);
  add(context, bytes);
  return finish_digest<N>(context);
}

}  // namespace

struct Sha256::State {
  MdCtxPtr context = new_context();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  start(state_->context.get(), sha256_algorithm());
}
Sha256::Sha256(Sha256&& other) noexcept = default;
Sha256& Sha256::operator=(Sha256&& other) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView bytes) {
  add(state_->context.get(), bytes);
  return *this;
}

Sha256Digest Sha256::finish() {
  const auto digest = finish_digest<32>(state_->context.get());
  start(state_->context.get(), sha256_algorithm());
  return digest;
}

Sha256Digest sha256(ByteView bytes) {
  return hash_once<32>(sha256_algorithm(), bytes);
}

Sha256Digest sha256(std::initializer_list<ByteView> parts) {
  EVP_MD_CTX* context = thread_context();
  start(context, sha256_algorithm());
  for (const ByteView part : parts) add(context, part);
  return finish_digest<32>(context);
}

Sha384Digest sha384(ByteView bytes) {
  return hash_once<48>(sha384_algorithm(), bytes);
}

Sha512Digest sha512(ByteView bytes) {
  return hash_once<64>(sha512_algorithm(), bytes);
}

Sha256Digest hmac_sha256(const SecretBytes& key, ByteView message) {
  // RFC 2104 2: a key longer than the block is hashed first; then H(K^opad, H(K^ipad, text)).
  constexpr std::size_t kBlock = 64;
  std::array<std::uint8_t, kBlock> block{};
  if (key.size() > kBlock) {
    auto digest = sha256(key.view());
    std::copy(digest.begin(), digest.end(), block.begin());
    wipe_memory(digest);
  } else {
    std::copy(key.view().begin(), key.view().end(), block.begin());
  }
  for (auto& byte : block) byte ^= 0x36;
  const Sha256Digest inner = sha256({ByteView(block), message});
  for (auto& byte : block) byte ^= 0x36 ^ 0x5c;
  const Sha256Digest outer = sha256({ByteView(block), ByteView(inner)});
  wipe_memory(block);
  return outer;
}

}  // namespace ward::crypto
