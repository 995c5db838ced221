#include "grpc/reflection.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/testing/messages.pb.h"
#include "grpc/testing_pair.h"

namespace ward::grpc {
namespace {

using Request = ::grpc::reflection::v1::ServerReflectionRequest;
using Response = ::grpc::reflection::v1::ServerReflectionResponse;

struct Collector final : ResponseReader<Response> {
  void on_message(Response& message) override { responses.push_back(message); }
  void on_writable() override {}
  void on_done(const Result<void>& end) override { status = end; }

  std::vector<Response> responses;
  std::optional<Result<void>> status;
};

class ReflectionTest : public ::testing::Test {
 protected:
  ReflectionTest() { register_reflection(pair_.server); }

  // The one answer to one question.
  Response ask(const Request& request) {
    Collector collector;
    auto writer = pair_.channel->bidi<Request, Response>(
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo", {}, collector);
    writer.write(request);
    writer.end_writes();
    pair_.run();
    EXPECT_TRUE(collector.status && collector.status->ok());
    EXPECT_EQ(collector.responses.size(), 1U);
    return collector.responses.empty() ? Response() : collector.responses.front();
  }

  testing::Pair pair_;
};

TEST_F(ReflectionTest, AFileTellsTheJsonNamesOfItsFields) {
  Request request;
  request.set_file_containing_symbol(
      ::grpc::testing::StreamingInputCallResponse::descriptor()->full_name());
  const auto response = ask(request);
  ASSERT_GE(response.file_descriptor_response().file_descriptor_proto_size(), 1);
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(file.ParseFromString(response.file_descriptor_response().file_descriptor_proto(0)));
  std::string json_name;
  for (const auto& message : file.message_type()) {
    if (message.name() == "StreamingInputCallResponse") json_name = message.field(0).json_name();
  }
  EXPECT_EQ(json_name, "aggregatedPayloadSize");
}

TEST_F(ReflectionTest, AnUnknownSymbolIsNotFound) {
  Request request;
  request.set_file_containing_symbol("no.such.Service");
  EXPECT_EQ(ask(request).error_response().error_code(), static_cast<int>(ErrorCode::kNotFound));
}

TEST_F(ReflectionTest, OnlyWhatIsServedIsListed) {
  Request request;
  request.set_list_services("");
  const auto response = ask(request);
  ASSERT_EQ(response.list_services_response().service_size(), 2);
  EXPECT_EQ(response.list_services_response().service(0).name(),
            "grpc.reflection.v1.ServerReflection");
}

}  // namespace
}  // namespace ward::grpc
