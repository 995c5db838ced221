#include "evidence/record.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "ward/evidence/v1/record.pb.h"

namespace ward::evidence {
namespace {

namespace wire = ward::evidence::v1;

Error not_a_record(std::string_view what) {
  return make_error(ErrorCode::kInvalidArgument, "not an evidence record: {}", what);
}

Result<std::vector<std::string>> take_strings(
    const google::protobuf::RepeatedPtrField<std::string>& from) {
  if (from.size() > static_cast<int>(kRecordListMax)) return not_a_record("a list is too long");
  return std::vector<std::string>(from.begin(), from.end());
}

Result<std::vector<SealedValue>> take_sealed(
    const google::protobuf::RepeatedPtrField<wire::SealedValue>& from) {
  if (from.size() > static_cast<int>(kRecordListMax)) return not_a_record("a list is too long");
  std::vector<SealedValue> values;
  for (const wire::SealedValue& item : from) {
    if (item.commitment().size() != kHashBytes) return not_a_record("a commitment has 32 bytes");
    SealedValue value{item.name(), {}};
    std::ranges::copy(as_bytes(item.commitment()), value.commitment.begin());
    values.push_back(std::move(value));
  }
  return values;
}

Result<Bytes> take_hash(const std::string& from) {
  if (!from.empty() && from.size() != kHashBytes) return not_a_record("a hash has 32 bytes");
  return to_bytes(from);
}

Result<RecordBody> take(const wire::Authentication& from) {
  WARD_TRY(std::vector<SealedValue> sealed, take_sealed(from.sealed()));
  return Authentication{from.subject(), from.method(),     from.succeeded(),
                        from.reason(),  from.credential(), std::move(sealed)};
}

Result<RecordBody> take(const wire::Issuance& from) {
  if (from.kind() < wire::CREDENTIAL_KIND_X509_SVID ||
      from.kind() > wire::CREDENTIAL_KIND_DATABASE_LOGIN) {
    return not_a_record("unknown kind of credential");
  }
  WARD_TRY(Bytes key, take_hash(from.public_key_sha256()));
  return Issuance{from.subject(),     static_cast<CredentialKind>(from.kind()),
                  from.credential(),  from.not_before_s(),
                  from.not_after_s(), from.registration(),
                  std::move(key)};
}

Result<RecordBody> take(const wire::Decision& from) {
  WARD_TRY(std::vector<SealedValue> sealed, take_sealed(from.sealed()));
  WARD_TRY(Bytes question, take_hash(from.question_sha256()));
  WARD_TRY(std::vector<std::string> reasons, take_strings(from.reasons()));
  WARD_TRY(std::vector<std::string> errors, take_strings(from.errors()));
  WARD_TRY(std::vector<std::string> grants, take_strings(from.grants()));
  return Decision{.principal = from.principal(),
                  .action = from.action(),
                  .resource = from.resource(),
                  .allowed = from.allowed(),
                  .reasons = std::move(reasons),
                  .errors = std::move(errors),
                  .question_sha256 = std::move(question),
                  .credential = from.credential(),
                  .session = from.session(),
                  .grants = std::move(grants),
                  .took_ns = from.took_ns(),
                  .sealed = std::move(sealed),
                  .enforcement_point = from.enforcement_point(),
                  .caller = from.caller()};
}

Result<RecordBody> take(const wire::SessionStart& from) {
  WARD_TRY(std::vector<std::string> grants, take_strings(from.grants()));
  WARD_TRY(std::vector<SealedValue> sealed, take_sealed(from.sealed()));
  return SessionStart{.session = from.session(),
                      .subject = from.subject(),
                      .action = from.action(),
                      .resource = from.resource(),
                      .credential = from.credential(),
                      .grants = std::move(grants),
                      .sealed = std::move(sealed)};
}

Result<RecordBody> take(const wire::Command& from) {
  WARD_TRY(std::vector<SealedValue> sealed, take_sealed(from.sealed()));
  return Command{from.actor(),    from.name(),          from.object(),
                 from.accepted(), from.fact_revision(), std::move(sealed)};
}

Result<RecordBody> take_body(const wire::Record& record) {
  switch (record.body_case()) {
    case wire::Record::kAuthentication:
      return take(record.authentication());
    case wire::Record::kIssuance:
      return take(record.issuance());
    case wire::Record::kDecision:
      return take(record.decision());
    case wire::Record::kSessionStart:
      return take(record.session_start());
    case wire::Record::kSessionEnd: {
      const wire::SessionEnd& from = record.session_end();
      return SessionEnd{from.session(), from.subject(), from.reason()};
    }
    case wire::Record::kCommand:
      return take(record.command());
    case wire::Record::kAcknowledgement: {
      const wire::Acknowledgement& from = record.acknowledgement();
      WARD_TRY(std::vector<std::string> subjects, take_strings(from.subjects()));
      return Acknowledgement{from.revision(), std::move(subjects)};
    }
    case wire::Record::kProcessStart: {
      const wire::ProcessStart& from = record.process_start();
      return ProcessStart{from.process(), from.version(), to_bytes(from.instance())};
    }
    case wire::Record::kProcessStop:
      return ProcessStop{record.process_stop().reason()};
    case wire::Record::kGap:
      return Gap{record.gap().reason(), record.gap().count()};
    case wire::Record::BODY_NOT_SET:
      return not_a_record("no body of a known kind");
  }
  WARD_UNREACHABLE();
}

}  // namespace

std::string_view record_kind_name(RecordKind kind) {
  switch (kind) {
    case RecordKind::kAuthentication:
      return "authentication";
    case RecordKind::kIssuance:
      return "issuance";
    case RecordKind::kDecision:
      return "decision";
    case RecordKind::kSessionStart:
      return "session_start";
    case RecordKind::kSessionEnd:
      return "session_end";
    case RecordKind::kCommand:
      return "command";
    case RecordKind::kAcknowledgement:
      return "acknowledgement";
    case RecordKind::kProcessStart:
      return "process_start";
    case RecordKind::kProcessStop:
      return "process_stop";
    case RecordKind::kGap:
      return "gap";
  }
  WARD_UNREACHABLE();
}

Result<Record> decode_record(ByteView bytes) {
  if (bytes.size() > kRecordBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a record has at most {} bytes, got {}",
                      kRecordBytesMax, bytes.size());
  }
  // The library would write a line to stderr for each text that is not UTF-8.
  const google::protobuf::LogSilencer silencer;
  thread_local wire::Record message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return not_a_record("not the wire format, or text that is not UTF-8");
  }
  if (message.format() != kRecordFormat)
    return not_a_record(fmt::format("format {}", message.format()));
  if (message.journal_root8().size() != std::tuple_size_v<RootPrefix>) {
    return not_a_record("the journal's root has 8 bytes here");
  }
  Record record;
  record.time = WallTime{std::chrono::microseconds{message.time_us()}};
  record.revision = message.revision();
  std::ranges::copy(as_bytes(message.journal_root8()), record.journal_root8.begin());
  WARD_TRY(record.body, take_body(message));
  return record;
}

}  // namespace ward::evidence
