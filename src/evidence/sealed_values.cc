// A side file is a row of: u64 index, u16 name bytes, u16 value bytes, salt, name, value
// (big-endian).
#include "evidence/sealed_values.h"

#include <optional>

#include "evidence/decimal.h"
#include "evidence/wire.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kLabel{"ward-evidence-sealed-v1\0", 24};
constexpr std::size_t kFixedBytes = 8 + 2 + 2 + kSaltBytes;
constexpr std::size_t kSideFilesMax = 1'000'000;

// One value in a side file; `bytes` is all of the row.
struct Row {
  std::uint64_t index;
  std::size_t name_bytes;
  ByteView bytes;
};

// Takes the whole row at the front; nothing at the end, or where a row is torn.
std::optional<Row> take_row(ByteView& rest) {
  if (rest.size() < kFixedBytes) return std::nullopt;
  const std::size_t name_bytes = load_be<std::uint16_t>(rest.subspan(8));
  const std::size_t value_bytes = load_be<std::uint16_t>(rest.subspan(10));
  if (rest.size() - kFixedBytes < name_bytes + value_bytes) return std::nullopt;
  const Row row{load_be<std::uint64_t>(rest), name_bytes,
                rest.first(kFixedBytes + name_bytes + value_bytes)};
  rest = rest.subspan(row.bytes.size());
  return row;
}

Result<Bytes> read_side_file(const os::FileSystem& files, const std::string& path) {
  WARD_TRY(const auto status, files.status(path));
  if (!status) return Bytes();
  return files.read_file(path, kSideFileBytesMax);
}

Result<void> append_values(const RecordValues& record, Bytes& bytes) {
  for (const OpenedValue& value : record.values) {
    if (value.name.size() > kSealedTextBytesMax || value.value.size() > kSealedTextBytesMax) {
      return make_error(ErrorCode::kResourceExhausted, "a sealed value has at most {} bytes",
                        kSealedTextBytesMax);
    }
    append_be(bytes, record.index);
    append_be(bytes, static_cast<std::uint16_t>(value.name.size()));
    append_be(bytes, static_cast<std::uint16_t>(value.value.size()));
    append(bytes, value.salt);
    append(bytes, value.name);
    append(bytes, value.value);
  }
  return {};
}

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
  WARD_RETURN_IF_ERROR(cut_torn_end(group));
  WARD_TRY(file_, files_->open_append(path_of(group), 0600));
  group_ = group;
  return {};
}

// A crash may have torn the last row; what is appended behind it could not be read.
Result<void> SealedValues::cut_torn_end(std::uint64_t group) {
  WARD_TRY(const Bytes bytes, read_side_file(*files_, path_of(group)));
  ByteView rest = bytes;
  while (take_row(rest)) {
  }
  if (rest.empty()) return {};
  return files_->write_file(path_of(group), ByteView(bytes).first(bytes.size() - rest.size()),
                            0600);
}

Result<void> SealedValues::lock() {
  if (lock_ != nullptr) return {};
  WARD_TRY(lock_, files_->lock(directory_ + ".lock"));
  return {};
}

Result<void> SealedValues::keep(std::uint64_t index, const std::vector<OpenedValue>& values) {
  const RecordValues record{index, values};
  return keep(std::span(&record, 1));
}

Result<void> SealedValues::keep(std::span<const RecordValues> records) {
  WARD_RETURN_IF_ERROR(lock());
  while (!records.empty()) {
    const std::uint64_t group = records.front().index / kRecordsPerSideFile;
    Bytes bytes;
    for (; !records.empty() && records.front().index / kRecordsPerSideFile == group;
         records = records.subspan(1)) {
      WARD_RETURN_IF_ERROR(append_values(records.front(), bytes));
    }
    WARD_RETURN_IF_ERROR(open_group(group));
    auto kept = file_->append(bytes);
    if (kept.ok()) kept = file_->sync();
    if (!kept.ok()) return file_ = nullptr, kept;
  }
  return {};
}

Result<std::vector<OpenedValue>> SealedValues::values_of(std::uint64_t index) const {
  std::vector<OpenedValue> values;
  WARD_TRY(const Bytes bytes, read_side_file(*files_, path_of(index / kRecordsPerSideFile)));
  for (ByteView rest = bytes; const auto row = take_row(rest);) {
    if (row->index != index) continue;
    OpenedValue value;
    std::copy_n(row->bytes.begin() + 12, kSaltBytes, value.salt.begin());
    value.name = as_text(row->bytes.subspan(kFixedBytes, row->name_bytes));
    value.value = as_text(row->bytes.subspan(kFixedBytes + row->name_bytes));
    values.push_back(std::move(value));
  }
  return values;
}

Result<void> SealedValues::erase(std::uint64_t index) {
  WARD_RETURN_IF_ERROR(lock());
  const std::uint64_t group = index / kRecordsPerSideFile;
  WARD_TRY(const Bytes bytes, read_side_file(*files_, path_of(group)));
  Bytes others;
  for (ByteView rest = bytes; const auto row = take_row(rest);) {
    if (row->index != index) append(others, row->bytes);
  }
  if (file_ != nullptr && group == group_) file_ = nullptr;
  if (others.empty() && bytes.empty()) return {};
  return files_->write_file(path_of(group), others, 0600);
}

Result<void> SealedValues::erase_below(std::uint64_t index) {
  WARD_RETURN_IF_ERROR(lock());
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
