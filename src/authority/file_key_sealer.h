// The key-encryption key as a file: 32 random bytes that only the server's user may read.
//
// It guards copies of the journal (a backup, a replica, a stolen disk that lacks this file); who
// can read both has the keys. docs/formats/sealed_key.md is the sealed form.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "authority/key_sealer.h"
#include "base/random.h"
#include "os/file_system.h"

namespace ward::authority {

class FileKeySealer final : public KeySealer {
 public:
  // Reads the key of `path`; when there is no such file, makes one (0600, durable before it is
  // used). `random` must be a real generator and outlive the sealer.
  //
  // kPermissionDenied or kFailedPrecondition: the file is not regular, is not ours, or can be read
  // or its directory changed by others. kDataLoss: it has not 32 bytes. kUnavailable: another
  // process is making it.
  static Result<std::unique_ptr<FileKeySealer>> open(os::FileSystem& files, const std::string& path,
                                                     Random& random);

  Result<Bytes> seal(const SecretBytes& secret, ByteView associated) const override;
  Result<SecretBytes> unseal(ByteView sealed, ByteView associated) const override;

  // In hex; names the key in sealed forms and messages, and tells nothing of it.
  std::string key_id() const;

 private:
  static constexpr std::size_t kKeyIdBytes = 8;
  using KeyId = std::array<std::uint8_t, kKeyIdBytes>;

  FileKeySealer(SecretBytes key, Random& random);
  Bytes header() const;

  SecretBytes key_;
  KeyId key_id_{};
  Random& random_;
};

}  // namespace ward::authority
