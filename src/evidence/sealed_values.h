// Sensitive values of records (parameters, claims, addresses where policy says so): the record has
// a salted hash, the value and its salt lie in a side file that can be erased. The proof of the
// record survives the erasure.
//
//   commitment = SHA-256("ward-evidence-sealed-v1" || 0x00 || salt (32 bytes) || name || 0x00 ||
//   value)
//
// The salt keeps a value that could be guessed from being found by hashing guesses. A side file
// covers 65,536 records of one log, so erasing by age is removing files. Losing one loses values,
// never evidence.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "evidence/record.h"
#include "os/file_system.h"

namespace ward::evidence {

inline constexpr std::size_t kSaltBytes = 32;
inline constexpr std::size_t kSealedTextBytesMax = 16 * 1024;  // of a name or a value
inline constexpr std::size_t kSideFileBytesMax = std::size_t{256} << 20;
inline constexpr std::uint64_t kRecordsPerSideFile = 65'536;

struct OpenedValue {
  std::string name;
  std::string value;
  std::array<std::uint8_t, kSaltBytes> salt{};
  bool operator==(const OpenedValue&) const = default;
};

// The values of one record.
struct RecordValues {
  std::uint64_t index = 0;
  std::vector<OpenedValue> values;
};

// A value with a fresh salt; its commitment goes into the record. The name has no NUL.
OpenedValue open_value(std::string name, std::string value, Random& random);
SealedValue seal_value(const OpenedValue& value);

// DIR/<group of records, 20 digits>; DIR.lock is held by whoever writes or erases, from its first
// change on. One thread writes.
class SealedValues {
 public:
  static Result<SealedValues> open(std::string directory, os::FileSystem& files);

  // The values of record `index`. Durable on return; meant to be called when the record is.
  Result<void> keep(std::uint64_t index, const std::vector<OpenedValue>& values);

  // The same for several, in the order of their indexes, with one sync a side file.
  Result<void> keep(std::span<const RecordValues> records);

  // Those kept for record `index`; none when they were erased. A torn end of a file is passed over.
  Result<std::vector<OpenedValue>> values_of(std::uint64_t index) const;

  // Erases the values of one record: its side file is written anew without them, durable on return.
  // kUnavailable while another process writes here.
  Result<void> erase(std::uint64_t index);
  // Erases every side file whose records are all below `index`, and makes that durable.
  Result<void> erase_below(std::uint64_t index);

 private:
  SealedValues(std::string directory, os::FileSystem& files)
      : directory_(std::move(directory)), files_(&files) {}
  std::string path_of(std::uint64_t group) const;
  Result<void> lock();
  Result<void> cut_torn_end(std::uint64_t group);
  Result<void> open_group(std::uint64_t group);

  std::string directory_;
  os::FileSystem* files_;
  std::unique_ptr<os::FileLock> lock_;
  std::uint64_t group_ = 0;
  std::unique_ptr<os::AppendFile> file_;
};

}  // namespace ward::evidence
