#include "evidence/record.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "codec/utf8.h"
#include "ward/evidence/v1/record.pb.h"

namespace ward::evidence {
namespace {

namespace wire = ward::evidence::v1;

Error not_a_record(std::string_view what) {
  return make_error(ErrorCode::kInvalidArgument, "not an evidence record: {}", what);
}

// Writes a body to the wire, and sees whether it may be written.
class BodyWriter {
 public:
  bool is_utf8() const { return is_utf8_; }
  bool is_bounded() const { return is_bounded_; }

  void put(const Authentication& from, wire::Record& record) {
    wire::Authentication& to = *record.mutable_authentication();
    text(from.subject, to.mutable_subject());
    text(from.method, to.mutable_method());
    to.set_succeeded(from.succeeded);
    text(from.reason, to.mutable_reason());
    text(from.credential, to.mutable_credential());
    sealed(from.sealed, to.mutable_sealed());
  }

  void put(const Issuance& from, wire::Record& record) {
    wire::Issuance& to = *record.mutable_issuance();
    text(from.subject, to.mutable_subject());
    to.set_kind(static_cast<wire::CredentialKind>(from.kind));
    text(from.credential, to.mutable_credential());
    to.set_not_before_s(from.not_before_s);
    to.set_not_after_s(from.not_after_s);
    text(from.registration, to.mutable_registration());
    bytes(from.public_key_sha256, to.mutable_public_key_sha256());
  }

  void put(const Decision& from, wire::Record& record) {
    wire::Decision& to = *record.mutable_decision();
    text(from.principal, to.mutable_principal());
    text(from.action, to.mutable_action());
    text(from.resource, to.mutable_resource());
    to.set_allowed(from.allowed);
    strings(from.reasons, to.mutable_reasons());
    strings(from.errors, to.mutable_errors());
    bytes(from.question_sha256, to.mutable_question_sha256());
    text(from.credential, to.mutable_credential());
    text(from.session, to.mutable_session());
    strings(from.grants, to.mutable_grants());
    to.set_took_ns(from.took_ns);
    sealed(from.sealed, to.mutable_sealed());
  }

  void put(const SessionStart& from, wire::Record& record) {
    wire::SessionStart& to = *record.mutable_session_start();
    text(from.session, to.mutable_session());
    text(from.subject, to.mutable_subject());
    text(from.action, to.mutable_action());
    text(from.resource, to.mutable_resource());
    text(from.credential, to.mutable_credential());
    strings(from.grants, to.mutable_grants());
    sealed(from.sealed, to.mutable_sealed());
  }

  void put(const SessionEnd& from, wire::Record& record) {
    wire::SessionEnd& to = *record.mutable_session_end();
    text(from.session, to.mutable_session());
    text(from.subject, to.mutable_subject());
    text(from.reason, to.mutable_reason());
  }

  void put(const Command& from, wire::Record& record) {
    wire::Command& to = *record.mutable_command();
    text(from.actor, to.mutable_actor());
    text(from.name, to.mutable_name());
    text(from.object, to.mutable_object());
    to.set_accepted(from.accepted);
    to.set_fact_revision(from.fact_revision);
    sealed(from.sealed, to.mutable_sealed());
  }

  void put(const Acknowledgement& from, wire::Record& record) {
    wire::Acknowledgement& to = *record.mutable_acknowledgement();
    to.set_revision(from.revision);
    strings(from.subjects, to.mutable_subjects());
  }

  void put(const ProcessStart& from, wire::Record& record) {
    wire::ProcessStart& to = *record.mutable_process_start();
    text(from.process, to.mutable_process());
    text(from.version, to.mutable_version());
    bytes(from.instance, to.mutable_instance());
  }

  void put(const ProcessStop& from, wire::Record& record) {
    text(from.reason, record.mutable_process_stop()->mutable_reason());
  }

  void put(const Gap& from, wire::Record& record) {
    wire::Gap& to = *record.mutable_gap();
    text(from.reason, to.mutable_reason());
    to.set_count(from.count);
  }

 private:
  void text(const std::string& from, std::string* to) {
    is_utf8_ &= codec::is_valid_utf8(from);
    to->assign(from);
  }

  void strings(const std::vector<std::string>& from,
               google::protobuf::RepeatedPtrField<std::string>* to) {
    is_bounded_ &= from.size() <= kRecordListMax;
    for (const std::string& item : from) text(item, to->Add());
  }

  void sealed(const std::vector<SealedValue>& from,
              google::protobuf::RepeatedPtrField<wire::SealedValue>* to) {
    is_bounded_ &= from.size() <= kRecordListMax;
    for (const SealedValue& value : from) {
      wire::SealedValue& item = *to->Add();
      text(value.name, item.mutable_name());
      item.set_commitment(value.commitment.data(), value.commitment.size());
    }
  }

  void bytes(const Bytes& from, std::string* to) { to->assign(as_text(from)); }

  bool is_utf8_ = true;
  bool is_bounded_ = true;
};

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
                  .sealed = std::move(sealed)};
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

Result<Bytes> encode_record(const Record& record) {
  // PERF: a message that is reused keeps the memory of its strings.
  thread_local wire::Record message;
  message.Clear();
  message.set_format(kRecordFormat);
  message.set_time_us(record.time.time_since_epoch().count());
  message.set_revision(record.revision);
  message.set_journal_root8(record.journal_root8.data(), record.journal_root8.size());
  BodyWriter writer;
  std::visit([&](const auto& body) { writer.put(body, message); }, record.body);
  if (!writer.is_utf8()) return invalid_argument("a text of a record is not UTF-8");
  if (!writer.is_bounded()) {
    return make_error(ErrorCode::kResourceExhausted, "a list of a record has at most {} items",
                      kRecordListMax);
  }
  const std::size_t size = message.ByteSizeLong();
  if (size > kRecordBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a record has at most {} bytes, this one {}",
                      kRecordBytesMax, size);
  }
  Bytes bytes(size);
  message.SerializeWithCachedSizesToArray(bytes.data());
  return bytes;
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
