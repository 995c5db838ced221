#include "crypto/aead.h"

#include <span>

#include "crypto/openssl.h"

namespace ward::crypto {
namespace {

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  WARD_CHECK(cipher != nullptr);
  return cipher;
}

CipherCtxPtr new_cipher_context() {
  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  WARD_CHECK(context != nullptr);
  return context;
}

Result<void> check_key(const SecretBytes& key) {
  if (key.size() == kAeadKeyBytes) return {};
  return invalid_argument("AES-256-GCM key has {} bytes, expected {}", key.size(), kAeadKeyBytes);
}

// Associated data is bounded with the rest, so that sizes fit OpenSSL's int.
Result<void> check_sizes(ByteView associated, std::size_t text_size) {
  if (associated.size() <= kSealedBytesMax && text_size <= kSealedBytesMax) return {};
  return invalid_argument("sealing {} bytes with {} bytes of associated data, expected at most {}",
                          text_size, associated.size(), kSealedBytesMax);
}

}  // namespace

Result<Bytes> aead_seal(const SecretBytes& key, ByteView associated, ByteView plaintext,
                        Random& random) {
  WARD_RETURN_IF_ERROR(check_key(key));
  WARD_RETURN_IF_ERROR(check_sizes(associated, plaintext.size()));
  Bytes sealed(kAeadNonceBytes + plaintext.size() + kAeadTagBytes);
  random.fill(std::span(sealed).first(kAeadNonceBytes));
  std::uint8_t* const text = sealed.data() + kAeadNonceBytes;
  const CipherCtxPtr context = new_cipher_context();
  int size = 0;
  const bool done = EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), key.view().data(),
                                        sealed.data(), nullptr) == 1 &&
                    EVP_EncryptUpdate(context.get(), nullptr, &size, associated.data(),
                                      static_cast<int>(associated.size())) == 1 &&
                    EVP_EncryptUpdate(context.get(), text, &size, plaintext.data(),
                                      static_cast<int>(plaintext.size())) == 1 &&
                    EVP_EncryptFinal_ex(context.get(), text + plaintext.size(), &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes,
                                        text + plaintext.size()) == 1;
  if (!done) return make_error(ErrorCode::kInternal, "sealing failed: {}", take_openssl_error());
  return sealed;
}

Result<SecretBytes> aead_open(const SecretBytes& key, ByteView associated, ByteView sealed) {
  WARD_RETURN_IF_ERROR(check_key(key));
  if (sealed.size() < kAeadNonceBytes + kAeadTagBytes)
    return invalid_argument("sealed bytes are {}, expected at least {}", sealed.size(),
                            kAeadNonceBytes + kAeadTagBytes);
  const std::size_t text_size = sealed.size() - kAeadNonceBytes - kAeadTagBytes;
  WARD_RETURN_IF_ERROR(check_sizes(associated, text_size));
  Bytes plaintext(text_size);
  Bytes tag = to_bytes(sealed.last(kAeadTagBytes));
  const CipherCtxPtr context = new_cipher_context();
  int size = 0;
  const bool opened =
      EVP_DecryptInit_ex2(context.get(), aes_256_gcm(), key.view().data(), sealed.data(),
                          nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, associated.data(),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), plaintext.data(), &size, sealed.data() + kAeadNonceBytes,
                        static_cast<int>(text_size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), plaintext.data() + text_size, &size) == 1;
  // Decrypted before it was authenticated: wiped by SecretBytes if it turns out to be forged.
  SecretBytes secret(std::move(plaintext));
  if (opened) return secret;
  ERR_clear_error();
  return make_error(ErrorCode::kUnauthenticated,
                    "sealed bytes do not open: another key, other associated data, or damaged");
}

}  // namespace ward::crypto
