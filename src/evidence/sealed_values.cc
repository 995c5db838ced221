// A side file is a row of: u64 index, u16 name bytes, u16 value bytes, salt, name, value
// (big-endian).
#include "evidence/sealed_values.h"

#include "evidence/decimal.h"
#include "evidence/wire.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kLabel{"ward-evidence-sealed-v1\0", 24};
constexpr std::size_t kFixedBytes = 8 + 2 + 2 + kSaltBytes;
constexpr std::size_t kSideFilesMax = 1'000'000;

}  // namespace

OpenedValue open_value(std::string name, std::string value, Random& random) {
  WARD_CHECK(name.size() <= kSealedTextBytesMax && name.find('\0') == std::string::npos);
  OpenedValue opened{std::move(name), std::move(value), {}};
  random.fill(opened.salt);
  return opened;
}

SealedValue seal_value(const OpenedValue& value) {
  static constexpr std::uint8_t kNul[] = {0};
  return {value.name, crypto::sha256({as_bytes(kLabel), ByteView(value.salt), as_bytes(value.name),
                                      ByteView(kNul), as_bytes(value.value)})};
}

Result<SealedValues> SealedValues::open(std::string directory, os::FileSystem& files) {
  WARD_RETURN_IF_ERROR(files.create_directory(directory, 0700));
  return SealedValues(std::move(directory), files);
}

std::string SealedValues::path_of(std::uint64_t group) const {
  return fmt::format("{}/{:020}", directory_, group);
}

Result<void> SealedValues::open_group(std::uint64_t group) {
  if (file_ != nullptr && group_ == group) return {};
  WARD_TRY(file_, files_->open_append(path_of(group), 0600));
  group_ = group;
  return {};
}

Result<void> SealedValues::keep(std::uint64_t index, const std::vector<OpenedValue>& values) {
  Bytes bytes;
  for (const OpenedValue& value : values) {
    if (value.name.size() > kSealedTextBytesMax || value.value.size() > kSealedTextBytesMax) {
      return make_error(ErrorCode::kResourceExhausted, "a sealed value has at most {} bytes",
                        kSealedTextBytesMax);
    }
    append_be(bytes, index);
    append_be(bytes, static_cast<std::uint16_t>(value.name.size()));
    append_be(bytes, static_cast<std::uint16_t>(value.value.size()));
    append(bytes, value.salt);
    append(bytes, value.name);
    append(bytes, value.value);
  }
  WARD_RETURN_IF_ERROR(open_group(index / kRecordsPerSideFile));
  auto kept = file_->append(bytes);
  if (kept.ok()) kept = file_->sync();
  if (!kept.ok()) file_ = nullptr;
  return kept;
}

Result<std::vector<OpenedValue>> SealedValues::values_of(std::uint64_t index) const {
  const std::string path = path_of(index / kRecordsPerSideFile);
  std::vector<OpenedValue> values;
  WARD_TRY(const auto status, files_->status(path));
  if (!status) return values;
  WARD_TRY(const Bytes bytes, files_->read_file(path, kSideFileBytesMax));
  for (ByteView rest = bytes; rest.size() >= kFixedBytes;) {
    const std::size_t name_bytes = load_be<std::uint16_t>(rest.subspan(8));
    const std::size_t value_bytes = load_be<std::uint16_t>(rest.subspan(10));
    if (rest.size() - kFixedBytes < name_bytes + value_bytes) break;
    if (load_be<std::uint64_t>(rest) == index) {
      OpenedValue value;
      std::copy_n(rest.begin() + 12, kSaltBytes, value.salt.begin());
      value.name = as_text(rest.subspan(kFixedBytes, name_bytes));
      value.value = as_text(rest.subspan(kFixedBytes + name_bytes, value_bytes));
      values.push_back(std::move(value));
    }
    rest = rest.subspan(kFixedBytes + name_bytes + value_bytes);
  }
  return values;
}

Result<void> SealedValues::erase_below(std::uint64_t index) {
  WARD_TRY(const auto names, files_->list_directory(directory_, kSideFilesMax));
  for (const std::string& name : names) {
    const std::size_t digits = std::min(name.find_first_not_of('0'), name.size() - 1);
    WARD_TRY(const std::uint64_t group, parse_decimal(name.substr(digits)));
    if ((group + 1) * kRecordsPerSideFile > index) continue;
    if (file_ != nullptr && group == group_) file_ = nullptr;
    WARD_RETURN_IF_ERROR(files_->remove(directory_ + "/" + name));
  }
  return files_->sync_directory(directory_);
}

}  // namespace ward::evidence
