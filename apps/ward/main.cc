// The command line: its flags, and which command they call. The one translation unit that includes
// CLI11.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ward/commands.h"
#include "ward/completion.h"
#include "ward/policy_tools.h"

namespace {

using namespace ward::cli;  // NOLINT(google-build-using-namespace): this file is that room's door

using Command = std::function<ward::Result<int>()>;

// Values of options and arguments that have no others.
using Choices = std::map<const CLI::Option*, std::vector<std::string>>;

CompletionCommand completion_of(const CLI::App& app, const Choices& choices) {
  CompletionCommand command{.name = app.get_name(), .description = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    const auto chosen = choices.find(option);
    const auto values = chosen == choices.end() ? std::vector<std::string>() : chosen->second;
    if (option->get_positional()) {
      command.values.insert(command.values.end(), values.begin(), values.end());
      continue;
    }
    CompletionOption known{.description = option->get_description(),
                           .takes_value = option->get_items_expected_max() > 0,
                           .values = values};
    for (const std::string& name : option->get_snames()) known.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) known.names.push_back("--" + name);
    command.options.push_back(std::move(known));
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    command.commands.push_back(completion_of(*sub, choices));
  }
  return command;
}

class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--socket", common_.target.socket, "admin socket of the server")
        ->envname("WARD_ADMIN_SOCKET");
    app_.add_option("--server", common_.target.server,
                    "server as HOST:PORT, over mTLS instead of the socket");
    app_.add_option("--svid", common_.target.certificate_file,
                    "with --server: PEM file of the caller's X.509-SVID");
    app_.add_option("--key", common_.target.key_file,
                    "with --server: PEM file of its private key (mode 0600)");
    app_.add_option("--bundle", common_.target.bundle_file,
                    "with --server: PEM file of the trust bundle");
    app_.add_option("--reason", common_.reason, "why, kept with the fact");
    choose(app_.add_option_function<std::string>(
               "-o,--output",
               [this](const std::string& format) {
                 common_.format = format == "json" ? Format::kJson : Format::kTable;
               },
               "what to print (default: table)"),
           {"table", "json"});
    app_.set_version_flag("--version", "ward " WARD_VERSION);
    registry();
    policy();
    control();
    workload();
    evidence();
    completion();
  }

  const Command& command() const { return command_; }

  // The exit status of a command line that cannot be read.
  int usage_status() const { return corpus_->parsed() ? kExitNotRun : kExitFailure; }

 private:
  CLI::App* on(CLI::App* parent, const char* name, const char* what, Command command) {
    CLI::App* sub = parent->add_subcommand(name, what);
    sub->callback([this, command = std::move(command)] { command_ = command; });
    return sub;
  }
  CLI::App* group(const char* name, const char* what) {
    return app_.add_subcommand(name, what)->require_subcommand(1);
  }

  // `list [PREFIX]` and `show ID` of a kind; `remove ID` where a thing can be removed.
  void reads(CLI::App* parent, const std::string& kind, bool can_remove) {
    on(parent, "list", "list them", [this, kind] {
      return list_entities(common_, kind, id_);
    })->add_option("PREFIX", id_, "of the id");
    on(parent, "show", "show one", [this, kind] { return show_entity(common_, kind, id_); })
        ->add_option("ID", id_)
        ->required();
    if (!can_remove) return;
    on(parent, "remove", "remove one", [this, kind] { return remove_entity(common_, kind, id_); })
        ->add_option("ID", id_)
        ->required();
  }

  void registry() {
    identity();
    CLI::App* owner = group("owner", "humans and teams that answer for identities");
    reads(owner, "owner", true);
    CLI::App* put =
        on(owner, "put", "add or change one", [this] { return put_owner(common_, owner_); });
    put->add_option("ID", owner_.id, "as in team:payments")->required();
    put->add_option("--kind", owner_.kind, "person or team");
    put->add_option("--contact", owner_.contact);
    put->add_flag("--gone", owner_.gone, "no longer there: what it owns is denied");
    registration();
    CLI::App* node = group("node", "attested nodes");
    reads(node, "node", true);
    on(node, "ban", "refuse a node and end its stream",
       [this] { return ban_node(common_, id_, true); })
        ->add_option("ID", id_)
        ->required();
    on(node, "unban", "let a node come back", [this] { return ban_node(common_, id_, false); })
        ->add_option("ID", id_)
        ->required();
    CLI::App* token = on(node, "token", "make a join token, shown once",
                         [this] { return create_join_token(common_, id_, ttl_s_); });
    token->add_option("--node", id_, "SPIFFE ID that the node gets");
    token->add_option("--ttl", ttl_s_, "seconds")->check(CLI::Range(1, 86400));
    resource();
    segment();
  }

  void identity() {
    CLI::App* parent = group("identity", "anything that can ask");
    reads(parent, "identity", true);
    CLI::App* put =
        on(parent, "put", "add or change one", [this] { return put_identity(common_, identity_); });
    put->add_option("ID", identity_.id, "SPIFFE ID")->required();
    put->add_option("--class", identity_.identity_class,
                    "human, service-account, workload, ci-job, device or ai-agent");
    put->add_option("--owner", identity_.owner, "without a live owner everything is denied");
    put->add_option("--environment", identity_.environment);
    put->add_option("--segment", identity_.segment);
    put->add_option("--label", identity_.labels, "key=value, again for more");
    put->add_option("--credential-age-max", identity_.credential_age_max_s,
                    "seconds; 0: what the class allows");
    put->add_option("--x509-ttl", identity_.x509_ttl_s, "seconds");
    put->add_option("--jwt-ttl", identity_.jwt_ttl_s, "seconds");
    for (const auto& [name, wanted, what] :
         {std::tuple{"quarantine", "quarantined", "deny everything, keep it registered"},
          std::tuple{"activate", "active", "end a quarantine"},
          std::tuple{"retire", "retired", "for good"}}) {
      on(parent, name, what,
         [this, status = std::string(wanted)] { return set_identity_status(common_, id_, status); })
          ->add_option("ID", id_)
          ->required();
    }
  }

  void registration() {
    CLI::App* parent = group("registration", "which selectors make which identity, on which node");
    reads(parent, "registration", true);
    CLI::App* put = on(parent, "put", "add or change one",
                       [this] { return put_registration(common_, registration_); });
    put->add_option("ID", registration_.id, "name of the registration")->required();
    put->add_option("--spiffe-id", registration_.spiffe_id)->required();
    put->add_option("--parent", registration_.parent, "SPIFFE ID of the node")->required();
    put->add_option("--selector", registration_.selectors,
                    "as in unix:uid:1000, again for more; all must hold")
        ->required();
    put->add_option("--hint", registration_.hint);
    put->add_option("--dns-name", registration_.dns_names);
    put->add_option("--x509-ttl", registration_.x509_ttl_s, "seconds");
    put->add_option("--jwt-ttl", registration_.jwt_ttl_s, "seconds");
  }

  void resource() {
    CLI::App* parent = group("resource", "what is protected");
    reads(parent, "resource", true);
    CLI::App* put =
        on(parent, "put", "add or change one", [this] { return put_resource(common_, resource_); });
    put->add_option("NAME", resource_.name, "TYPE::\"ID\" or TYPE::ID")->required();
    put->add_option("--owner", resource_.owner);
    put->add_option("--environment", resource_.environment);
    put->add_option("--segment", resource_.segment);
    put->add_option("--attribute", resource_.attributes, "key=value, again for more");
    put->add_option("--parent", resource_.parents, "TYPE::ID, again for more");
  }

  void segment() {
    CLI::App* parent = group("segment", "zones, and the flows between them");
    reads(parent, "segment", true);
    CLI::App* put =
        on(parent, "put", "add or change one", [this] { return put_segment(common_, id_, text_); });
    put->add_option("ID", id_)->required();
    put->add_option("--description", text_);
    on(parent, "flows", "list open flows", [this] { return list_entities(common_, "flow", ""); });
    for (const bool is_open : {true, false}) {
      CLI::App* flow =
          on(parent, is_open ? "open" : "close", is_open ? "open a flow" : "close a flow",
             [this, is_open] { return set_flow(common_, id_, to_, action_, is_open); });
      flow->add_option("FROM", id_)->required();
      flow->add_option("TO", to_)->required();
      flow->add_option("ACTION", action_, "action, or group of actions")->required();
    }
  }

  void policy() {
    CLI::App* parent = group("policy", "Cedar policies, a directory of files");
    on(parent, "check", "parse, and validate strictly when there is a *.cedarschema",
       [this] { return check_policies(common_, text_); })
        ->add_option("DIR", text_)
        ->required();
    on(parent, "test", "parse and run the *.test.json",
       [this] { return test_policies(common_, text_); })
        ->add_option("DIR", text_)
        ->required();
    on(parent, "apply", "check, test and publish, all or nothing",
       [this] { return apply_policies(common_, text_); })
        ->add_option("DIR", text_)
        ->required();
    on(parent, "show", "what is in force", [this] {
      return show_policies(common_, text_);
    })->add_option("FILE", text_);
    policy_tools(parent);
    policy_questions(parent);
    policy_link(parent);
    policy_corpus(parent);
  }

  void policy_tools(CLI::App* parent) {
    CLI::App* format = on(parent, "format", "put policy files into one style; comments are kept",
                          [this] { return format_policy_files(policy_format_); });
    format
        ->add_option("PATH", policy_format_.paths, "*.cedar, a directory, or - for standard input")
        ->required();
    format->add_flag("--check", policy_format_.is_check,
                     "change nothing; exit status 1 and the names when something would change");
    format->add_option("--width", policy_format_.line_width, "of a line, in characters (100)")
        ->check(CLI::Range(20, 1000));
    format->add_option("--indent", policy_format_.indent_width, "spaces (2)")
        ->check(CLI::Range(0, 16));
    CLI::App* validate =
        on(parent, "validate",
           "hold policies against a schema; exit status 3: they are not valid, 1: not read",
           [this] { return validate_policy_files(common_.format, policy_validate_); });
    validate
        ->add_option("PATH", policy_validate_.paths,
                     "policies as text or JSON, a directory of *.cedar, or - for standard input")
        ->required();
    validate
        ->add_option("--schema", policy_validate_.schema,
                     "the schema as text or JSON, or - for standard input")
        ->required();
    choose(validate->add_option("--mode", policy_validate_.mode, "how strictly (default: strict)"),
           {"strict", "permissive"});
    validate->add_option("--level", policy_validate_.level,
                         "how many entities in a row policies may read at most");
    policy_analyze(parent);
    CLI::App* translate =
        on(parent, "translate", "policies or a schema from text to JSON, or from JSON to text",
           [this] { return translate_policy_file(policy_translate_); });
    translate->add_option("FILE", policy_translate_.path, "or - for standard input")->required();
    translate->add_flag("--schema", policy_translate_.is_schema,
                        "it is a schema, as a *.cedarschema is without this");
  }

  void policy_analyze(CLI::App* parent) {
    CLI::App* analyze =
        on(parent, "analyze",
           "prove what policies say of every request; exit status 3: one may fail, 1: not proved",
           [this] { return analyze_policy_files(common_.format, policy_analyze_); });
    analyze
        ->add_option("PATH", policy_analyze_.paths,
                     "policies as text or JSON, a directory of *.cedar, or - for standard input")
        ->required();
    analyze
        ->add_option("--schema", policy_analyze_.schema,
                     "the schema as text or JSON, or - for standard input")
        ->required();
    analyze
        ->add_option("--timeout", policy_analyze_.timeout_s,
                     "seconds that one question may take (60)")
        ->check(CLI::Range(1, 86'400));
    analyze->add_flag("--missing-entities", policy_analyze_.entities_may_be_missing,
                      "entities that are named need not be there");
  }

  void policy_questions(CLI::App* parent) {
    PolicyAskFlags& flags = policy_ask_;
    const auto asks = [&](const char* name, const char* what, auto called) {
      CLI::App* sub =
          on(parent, name, what, [this, called] { return called(common_.format, policy_ask_); });
      sub->add_option("--policies", flags.policies,
                      "policies as text or JSON, a directory of *.cedar, or -; again for more")
          ->required();
      sub->add_option("--entities", flags.entities, "JSON of the entities, or -");
      sub->add_option("--schema", flags.schema, "what entities and request are read by, or -");
      sub->add_option("--request", flags.request, "JSON of the request, or -");
      sub->add_option("--principal", flags.principal, "TYPE::\"ID\" or TYPE::ID");
      sub->add_option("--action", flags.action, "Action::\"ID\" or Action::ID");
      sub->add_option("--resource", flags.resource, "TYPE::\"ID\" or TYPE::ID");
      sub->add_option("--context", flags.context, "JSON object, or a file of one");
    };
    asks("ask", "decide a request from files alone; exit status 2 is deny", ask_policies);
    asks("explain",
         "why a request is decided as it is, from files alone: the policies, or the clause that "
         "kept the nearest permits from applying; exit status as of ask",
         explain_policies);
  }

  void policy_link(CLI::App* parent) {
    CLI::App* link = on(parent, "link", "fill the slots of templates; prints the JSON of the set",
                        [this] { return link_policies(policy_link_); });
    link->add_option("--policies", policy_link_.policies,
                     "policies as text or JSON, a directory of *.cedar, or -; again for more")
        ->required();
    link->add_option("--links", policy_link_.links,
                     "JSON of links (template_id, link_id, args), or -");
    link->add_option("--template-id", policy_link_.template_id, "of one link");
    link->add_option("--link-id", policy_link_.link_id, "what it is to be called");
    link->add_option("--principal", policy_link_.principal, "of ?principal: TYPE::\"ID\"");
    link->add_option("--resource", policy_link_.resource, "of ?resource: TYPE::\"ID\"");
    choose(link->add_option("--form", policy_link_.form, "what to print (default: set)"),
           {"set", "links"});
  }

  void policy_corpus(CLI::App* parent) {
    corpus_ = on(parent, "corpus",
                 "run Cedar tests made by others; exit status 1: something differs, 2: not run",
                 [this]() -> ward::Result<int> {
                   if (common_.format == Format::kJson) policy_corpus_.format = Format::kJson;
                   return run_policy_corpus(policy_corpus_);
                 });
    corpus_->add_option("DIR", policy_corpus_.directory, "whose *.json with `requests` are tests")
        ->required();
    corpus_->add_option("--exclude", policy_corpus_.exclusion_files,
                        "file of checks to skip, again for more: PATH, CHECK or *, REASON "
                        "with a tab between each");
    choose(corpus_->add_option_function<std::string>(
               "-o,--output",
               [this](const std::string& format) {
                 policy_corpus_.format = format == "json" ? Format::kJson : Format::kTable;
               },
               "what to print (default: text)"),
           {"text", "json"});
  }

  void control() {
    CLI::App* asked = on(&app_, "ask", "a decision with its explanation; exit status 2 is deny",
                         [this] { return ask(common_, ask_); });
    asked->add_option("PRINCIPAL", ask_.principal, "SPIFFE ID")->required();
    asked->add_option("ACTION", ask_.action)->required();
    asked->add_option("RESOURCE", ask_.resource, "TYPE::\"ID\" or TYPE::ID")->required();
    asked->add_option("--context", ask_.context,
                      "JSON object: what the caller would say about the request");
    CLI::App* revoked = on(&app_, "revoke", "revoke an identity, a credential or a node",
                           [this] { return revoke(common_, revoke_); });
    revoked->add_option("KIND", revoke_.kind, "identity, credential or node")->required();
    revoked->add_option("ID", revoke_.id, "SPIFFE ID, x509:SERIAL or jwt:ID")->required();
    revoked->add_flag("--wait", revoke_.wait, "until every connected holder has acknowledged");
    revoked->add_option("--receipt", revoke_.receipt_file, "write the signed receipt here (waits)");
    revoked->add_option("--wait-ms", revoke_.timeout_ms)->check(CLI::Range(1, 60000));
    CLI::App* restored = on(&app_, "restore", "take a revocation back",
                            [this] { return restore(common_, revoke_.kind, revoke_.id); });
    restored->add_option("KIND", revoke_.kind)->required();
    restored->add_option("ID", revoke_.id)->required();
    on(&app_, "revocations", "list what is revoked",
       [this] { return list_entities(common_, "revocation", ""); });
    on(&app_, "status", "the server and who is connected", [this] { return status(common_); });
    CLI::App* authority = group("authority", "signing keys of the trust domain");
    on(authority, "list", "list key slots",
       [this] { return list_entities(common_, "key-slot", ""); });
    CLI::App* rotate = on(authority, "rotate", "one step of a rotation",
                          [this] { return rotate_authority(common_, id_, text_); });
    rotate->add_option("KIND", id_, "x509 or jwt")->required();
    rotate->add_option("STEP", text_, "prepare, activate or retire")->required();
    CLI::App* bundle = on(&app_, "bundle", "print the trust bundle",
                          [this] { return show_bundle(common_, text_); });
    choose(bundle->add_option("--form", text_, "of the bundle (default: pem)"),
           {"pem", "jwks", "spiffe"});
  }

  void workload() {
    CLI::App* parent =
        group("workload", "what the agent on this node gives to the calling process");
    const auto add = [&](const char* name, const char* what, Command command) {
      CLI::App* sub = on(parent, name, what, std::move(command));
      sub->add_option("--agent-socket", workload_.socket,
                      "socket of the agent, as path or unix:///PATH; else SPIFFE_ENDPOINT_SOCKET")
          ->envname("WARD_AGENT_SOCKET");
      return sub;
    };
    add("x509", "fetch X.509-SVIDs", [this] { return workload_x509(common_, workload_); })
        ->add_option("--write", workload_.directory,
                     "write svid.pem, key.pem and bundle.pem of the first here");
    CLI::App* jwt =
        add("jwt", "fetch JWT-SVIDs", [this] { return workload_jwt(common_, workload_); });
    jwt->add_option("--audience", workload_.audience, "who is to accept it, again for more")
        ->required();
    jwt->add_option("--spiffe-id", workload_.spiffe_id, "of this identity alone");
    jwt->add_flag("--quiet", workload_.is_quiet, "print the token alone");
    CLI::App* validate = add("validate", "let the agent validate a JWT-SVID",
                             [this] { return workload_validate(common_, workload_); });
    validate->add_option("TOKEN", workload_.token)->required();
    validate->add_option("--audience", workload_.audience)->required();
  }

  void evidence() {
    CLI::App* parent =
        group("evidence", "what happened, verified from files and public keys alone");
    const auto log_flags = [this](CLI::App* app) {
      app->add_option("DIR", evidence_.directory, "directory of the log")->required();
      app->add_option("--keys", evidence_.keys_file, "file of verifier keys, one a line")
          ->required();
    };
    CLI::App* tail = on(parent, "tail", "the newest records",
                        [this] { return tail_evidence(common_, evidence_); });
    log_flags(tail);
    tail->add_option("-n", evidence_.count, "how many");
    tail->add_flag("-f,--follow", evidence_.follow,
                   "go on with those to come; ends when the log does not extend what was seen");
    CLI::App* copy = on(parent, "copy",
                        "copy a log up to its last checkpoint, also while it is written; again: "
                        "what came since, which must extend the copy",
                        [this] { return copy_evidence(common_, evidence_); });
    log_flags(copy);
    copy->add_option("COPY", evidence_.copy_directory, "directory of the copy, made when absent")
        ->required();
    CLI::App* verify =
        on(parent, "verify", "account for every byte of a log, also while it is written",
           [this] { return verify_evidence(common_, evidence_); });
    log_flags(verify);
    verify->add_option(
        "--journal", evidence_.journal_directory,
        "what `evidence export` wrote: compare the journal's roots that records name");
    CLI::App* prove = on(parent, "prove", "an offline proof of one record (tlog-proof)",
                         [this] { return prove_evidence(common_, evidence_); });
    log_flags(prove);
    prove->add_option("--index", evidence_.index)->required();
    CLI::App* values = on(parent, "values", "what a record seals, opened and compared with it",
                          [this] { return show_values(common_, evidence_); });
    log_flags(values);
    values->add_option("--values", evidence_.values_directory, "directory of the sealed values")
        ->required();
    values->add_option("--index", evidence_.index)->required();
    CLI::App* erase = on(parent, "erase", "erase sealed values; records and their proofs stay",
                         [this] { return erase_values(common_, evidence_); });
    erase->add_option("DIR", evidence_.values_directory, "directory of the sealed values")
        ->required();
    erase->add_option("--index", evidence_.index, "of one record");
    erase->add_option("--below", evidence_.below,
                      "of all records below, in whole files of 65,536 records");
    CLI::App* exported =
        on(parent, "export",
           "keys, the journal's signed head and leaf hashes, proofs of facts, from the server",
           [this] { return export_proof(common_, evidence_); });
    exported->add_option("DIR", evidence_.proof_directory, "where to write")->required();
    exported->add_option("--revision", evidence_.revisions, "facts to prove, again for more");
    CLI::App* receipt = on(parent, "verify-revocation", "a receipt against logs, offline",
                           [this] { return verify_revocation_receipt(common_, evidence_); });
    receipt->add_option("RECEIPT", evidence_.receipt_file)->required();
    receipt->add_option("--logs", evidence_.directory, "directory whose directories are logs")
        ->required();
    receipt->add_option("--keys", evidence_.keys_file)->required();
    receipt->add_option("--proofs", evidence_.proof_directory, "what `evidence export` wrote")
        ->required();
    receipt->add_option("--restored", evidence_.restored,
                        "revision of the fact that restored the subject, among the proofs");
  }

  void completion() {
    CLI::App* sub = on(&app_, "completion", "print completion for a shell, to be sourced",
                       [this]() -> ward::Result<int> {
                         CompletionCommand root = completion_of(app_, choices_);
                         root.name.clear();
                         print_line(completion_script(text_, root));
                         return kExitOk;
                       });
    choose(sub->add_option("SHELL", text_, "(default: bash)"), kCompletionShells);
  }

  // Only these values; help and completion name them.
  CLI::Option* choose(CLI::Option* option, const std::vector<std::string>& values) {
    choices_[option] = values;
    return option->check(CLI::IsMember(values))
        ->option_text(fmt::format("{}", fmt::join(values, "|")));
  }

  CLI::App& app_;
  Choices choices_;
  Common common_;
  Command command_;
  std::string id_, to_, action_, text_;
  std::uint32_t ttl_s_ = 600;
  IdentityFlags identity_;
  OwnerFlags owner_;
  RegistrationFlags registration_;
  ResourceFlags resource_;
  AskFlags ask_;
  PolicyFormatFlags policy_format_;
  PolicyCorpusFlags policy_corpus_;
  PolicyValidateFlags policy_validate_;
  PolicyAnalyzeFlags policy_analyze_;
  PolicyAskFlags policy_ask_;
  PolicyTranslateFlags policy_translate_;
  PolicyLinkFlags policy_link_;
  CLI::App* corpus_ = nullptr;
  RevokeFlags revoke_;
  EvidenceFlags evidence_;
  WorkloadFlags workload_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"ward: identities, policies, revocation and evidence of a Ward server"};
  const Flags flags(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : flags.usage_status();
  }
  const ward::Result<int> status = flags.command()();
  if (status.ok()) return *status;
  (void)std::fprintf(stderr, "ward: %s\n", printable(status.error().text()).c_str());
  return kExitFailure;
}
