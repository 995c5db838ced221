// SHA-256 by OpenSSL's direct functions, which OpenSSL 3 calls deprecated in favour of EVP but
// keeps: its Merkle nodes and leaves are hashed in the path of every record.
// PERF: EVP costs 40 ns a call beside 48 ns a block of 64 bytes; a node of 65 bytes takes 110 ns
// against 151 ns. SHA-384 and SHA-512 are in no such path and go through EVP.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hash.h"

#include <openssl/sha.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/openssl.h"

namespace ward::crypto {
namespace {

MdCtxPtr new_digest_context() {
  MdCtxPtr context(EVP_MD_CTX_new());
  WARD_CHECK(context != nullptr);
  return context;
}

// One context a thread for the one-shot functions, so that a hash allocates nothing.
EVP_MD_CTX* thread_context() {
  thread_local const MdCtxPtr context = new_digest_context();
  return context.get();
}

// OpenSSL's hash functions fail for want of memory or for a bug only, never on input.
template <std::size_t N>
std::array<std::uint8_t, N> hash_once(const EVP_MD* algorithm, ByteView bytes) {
  EVP_MD_CTX* context = thread_context();
  std::array<std::uint8_t, N> digest;
  unsigned size = 0;
  WARD_CHECK(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1);
  WARD_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
  WARD_CHECK(EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == N);
  return digest;
}

// The direct functions never fail on a context that was begun.
SHA256_CTX begin_sha256() {
  SHA256_CTX context;
  WARD_CHECK(SHA256_Init(&context) == 1);
  return context;
}

void add(SHA256_CTX& context, ByteView bytes) {
  WARD_CHECK(SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
}

Sha256Digest finish_sha256(SHA256_CTX& context) {
  Sha256Digest digest;
  WARD_CHECK(SHA256_Final(digest.data(), &context) == 1);
  return digest;
}

}  // namespace

struct Sha256::State {
  ~State() { OPENSSL_cleanse(&context, sizeof context); }
  SHA256_CTX context = begin_sha256();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&& other) noexcept = default;
Sha256& Sha256::operator=(Sha256&& other) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView bytes) {
  add(state_->context, bytes);
  return *this;
}

Sha256Digest Sha256::finish() {
  const auto digest = finish_sha256(state_->context);
  state_->context = begin_sha256();
  return digest;
}

Sha256Digest sha256(ByteView bytes) {
  SHA256_CTX context = begin_sha256();
  add(context, bytes);
  return finish_sha256(context);
}

Sha256Digest sha256(std::initializer_list<ByteView> parts) {
  SHA256_CTX context = begin_sha256();
  for (const ByteView part : parts) add(context, part);
  return finish_sha256(context);
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
  // The state of a hash that began with the key stands for the key: it is wiped as well.
  SHA256_CTX context = begin_sha256();
  for (auto& byte : block) byte ^= 0x36;
  add(context, block);
  add(context, message);
  const Sha256Digest inner = finish_sha256(context);
  context = begin_sha256();
  for (auto& byte : block) byte ^= 0x36 ^ 0x5c;
  add(context, block);
  add(context, inner);
  const Sha256Digest outer = finish_sha256(context);
  OPENSSL_cleanse(&context, sizeof context);
  wipe_memory(block);
  return outer;
}

}  // namespace ward::crypto
