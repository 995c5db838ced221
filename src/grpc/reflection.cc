#include "grpc/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace ward::grpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

const DescriptorPool& pool() {
  return *DescriptorPool::generated_pool();
}

// A file after what it imports, each once: clients build their pool in this order.
void append_file(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
                 std::vector<std::string>& out) {
  if (!seen.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) append_file(*file.dependency(i), seen, out);
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  file.CopyJsonNameTo(&proto);  // else clients print fields under their proto names
  out.push_back(proto.SerializeAsString());
}

const FileDescriptor* find_extension_file(const std::string& type, int number) {
  const auto* extended = pool().FindMessageTypeByName(type);
  if (extended == nullptr) return nullptr;
  const auto* extension = pool().FindExtensionByNumber(extended, number);
  return extension == nullptr ? nullptr : extension->file();
}

// The same service twice: v1 and v1alpha differ in their package only.
template <typename Request, typename Response>
class Reflection final : public CallReader<Request> {
 public:
  Reflection(std::vector<std::string> services, ServerWriter<Response> writer)
      : services_(std::move(services)), writer_(writer) {}

  void on_message(const Request& request) override {
    Response response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    answer(request, response);
    // One answer to each request: a client that does not read its answers is not read either.
    if (!writer_.write(response)) writer_.context().hold();
  }
  void on_writable() override { writer_.context().resume(); }
  void on_end() override { writer_.finish({}); }

 private:
  void answer(const Request& request, Response& response) const {
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        return answer_file(pool().FindFileByName(request.file_by_filename()), response);
      case Request::kFileContainingSymbol:
        return answer_file(pool().FindFileContainingSymbol(request.file_containing_symbol()),
                           response);
      case Request::kFileContainingExtension: {
        const auto& extension = request.file_containing_extension();
        return answer_file(
            find_extension_file(extension.containing_type(), extension.extension_number()),
            response);
      }
      case Request::kAllExtensionNumbersOfType:
        return answer_extensions(request.all_extension_numbers_of_type(), response);
      case Request::kListServices:
        for (const auto& name : services_) {
          response.mutable_list_services_response()->add_service()->set_name(name);
        }
        return;
      case Request::MESSAGE_REQUEST_NOT_SET:
        return answer_error(ErrorCode::kInvalidArgument, "the request asks nothing", response);
    }
  }

  static void answer_error(ErrorCode code, std::string_view message, Response& response) {
    auto& error = *response.mutable_error_response();
    error.set_error_code(static_cast<int>(code));
    error.set_error_message(std::string(message));
  }

  static void answer_file(const FileDescriptor* file, Response& response) {
    if (file == nullptr) return answer_error(ErrorCode::kNotFound, "no such file", response);
    std::set<const FileDescriptor*> seen;
    std::vector<std::string> files;
    append_file(*file, seen, files);
    // The file asked for comes first, as clients expect it to.
    for (auto next = files.rbegin(); next != files.rend(); ++next) {
      response.mutable_file_descriptor_response()->add_file_descriptor_proto(*next);
    }
  }

  static void answer_extensions(const std::string& type, Response& response) {
    const auto* extended = pool().FindMessageTypeByName(type);
    if (extended == nullptr) return answer_error(ErrorCode::kNotFound, "no such type", response);
    std::vector<const google::protobuf::FieldDescriptor*> extensions;
    pool().FindAllExtensions(extended, &extensions);
    auto& out = *response.mutable_all_extension_numbers_response();
    out.set_base_type_name(type);
    for (const auto* extension : extensions) out.add_extension_number(extension->number());
  }

  const std::vector<std::string> services_;
  ServerWriter<Response> writer_;
};

template <typename Request, typename Response>
void register_version(Server& server, std::string_view method) {
  server.bidi<Request, Response>(method, [&server](ServerWriter<Response> writer) {
    return std::make_unique<Reflection<Request, Response>>(server.services(), writer);
  });
}

}  // namespace

void register_reflection(Server& server) {
  namespace v1 = ::grpc::reflection::v1;
  namespace v1alpha = ::grpc::reflection::v1alpha;
  register_version<v1::ServerReflectionRequest, v1::ServerReflectionResponse>(
      server, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  register_version<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>(
      server, "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
}

}  // namespace ward::grpc
