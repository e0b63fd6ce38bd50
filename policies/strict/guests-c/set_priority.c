// `ticket.set_priority` of the strict pack, without our SDK: what the contract in wit/
// asks of a component, and nothing else. It must answer every call as the rule in
// guests/ticket-set-priority does; a test puts the pack's cases to both.
#include <stdlib.h>
#include <string.h>

#include "bindings/tool_policy.h"

#define ROLE(name) EXPORTS_DISPATCH_POLICY_TYPES_ROLE_##name
#define STATE(name) EXPORTS_DISPATCH_POLICY_TYPES_STATE_##name
#define PRIORITY(name) EXPORTS_DISPATCH_POLICY_TYPES_PRIORITY_##name
#define PROPOSAL(name) EXPORTS_DISPATCH_POLICY_TYPES_PROPOSAL_##name

typedef tool_policy_string_t string_t;
typedef tool_policy_option_string_t maybe_string_t;
typedef exports_dispatch_policy_rules_actor_t actor_t;
typedef exports_dispatch_policy_rules_call_t call_t;
typedef exports_dispatch_policy_rules_ticket_view_t ticket_t;
typedef exports_dispatch_policy_rules_list_setting_t settings_t;
typedef exports_dispatch_policy_rules_list_violation_t violations_t;
typedef exports_dispatch_policy_rules_violation_t violation_t;
typedef exports_dispatch_policy_rules_proposal_t proposal_t;
typedef exports_dispatch_policy_types_state_t state_t;

static const char TOOL[] = "ticket.set_priority";
// The priority may still change once a technician is on the way.
static const char AFTER_DISPATCH[] = "allow_after_dispatch";

// Texts -----------------------------------------------------------------------------

static string_t text(const char *constant) {
  string_t made;
  tool_policy_string_set(&made, constant);
  return made;
}

static bool is(string_t given, const char *wanted) {
  return given.len == strlen(wanted) && memcmp(given.ptr, wanted, given.len) == 0;
}

static bool same(string_t one, string_t other) {
  return one.len == other.len && memcmp(one.ptr, other.ptr, one.len) == 0;
}

static bool is_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

// Nothing but Unicode's white space? The host hands over UTF-8 that it has checked.
static bool is_blank(string_t given) {
  for (size_t i = 0; i < given.len;) {
    uint8_t first = given.ptr[i];
    size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? first : first & (0x3fu >> more);
    for (size_t k = 1; k <= more && i + k < given.len; k++)
      c = c << 6 | (given.ptr[i + k] & 0x3fu);
    if (!is_space(c))
      return false;
    i += 1 + more;
  }
  return true;
}

static bool is_told(const maybe_string_t *given) {
  return given->is_some && !is_blank(given->val);
}

// Answers ---------------------------------------------------------------------------

static void add(violations_t *found, string_t path, const char *rule, const char *message) {
  found->ptr = realloc(found->ptr, (found->len + 1) * sizeof(violation_t));
  found->ptr[found->len++] = (violation_t){path, text(rule), text(message)};
}

static void none(violations_t *found) { *found = (violations_t){NULL, 0}; }

static void stay(proposal_t *to) {
  memset(to, 0, sizeof *to);
  to->tag = PROPOSAL(COMMIT);
}

static void advance(proposal_t *to, state_t state) {
  stay(to);
  to->val.commit.to.is_some = true;
  to->val.commit.to.val = state;
}

// The call --------------------------------------------------------------------------

static bool is_ours(const call_t *call, const ticket_t *ticket) {
  return ticket != NULL &&
         call->input.tag == EXPORTS_DISPATCH_POLICY_TYPES_INPUT_TICKET_SET_PRIORITY;
}

static bool after_dispatch(const settings_t *settings) {
  for (size_t i = 0; i < settings->len; i++)
    if (is(settings->ptr[i].key, AFTER_DISPATCH) &&
        settings->ptr[i].value.tag == EXPORTS_DISPATCH_POLICY_TYPES_SETTING_VALUE_BOOLEAN)
      return settings->ptr[i].value.val.boolean;
  return true;
}

void exports_dispatch_policy_rules_check_settings(settings_t *settings, violations_t *found) {
  none(found);
  for (size_t i = 0; i < settings->len; i++) {
    string_t key = settings->ptr[i].key;
    for (size_t earlier = 0; earlier < i; earlier++)
      if (same(settings->ptr[earlier].key, key)) {
        add(found, key, "given_twice", "give each setting once");
        break;
      }
    if (!is(key, AFTER_DISPATCH))
      add(found, key, "unknown_setting", "this tool has no such setting");
    else if (settings->ptr[i].value.tag != EXPORTS_DISPATCH_POLICY_TYPES_SETTING_VALUE_BOOLEAN)
      add(found, key, "wrong_type", "give true or false");
  }
}

void exports_dispatch_policy_rules_validate(call_t *call, ticket_t *ticket, settings_t *settings,
                                            violations_t *found) {
  (void)settings;
  none(found);
  if (!is_ours(call, ticket))
    add(found, text(""), "wrong_tool", TOOL);
  else if (call->override_reason.is_some && is_blank(call->override_reason.val))
    add(found, text("/override/reason"), "blank",
        "say why the gate may be passed; it is audited");
}

void exports_dispatch_policy_rules_role(actor_t *actor, call_t *call, ticket_t *ticket,
                                        violations_t *found) {
  none(found);
  if (!is_ours(call, ticket)) {
    add(found, text(""), "wrong_tool", TOOL);
    return;
  }
  bool is_operator = actor->role == ROLE(OPERATOR_ADMIN);
  if (!is_operator && actor->role != ROLE(SYSTEM_INTAKE_AGENT))
    add(found, text(""), "role_forbidden", "this role may not call this tool");
  if (call->override_reason.is_some && !is_operator)
    add(found, text("/override"), "role_may_not_override",
        "only an operator passes a gate; call again without override");
  if (found->len == 0 && !is_operator &&
      call->input.val.ticket_set_priority != PRIORITY(STANDARD))
    add(found, text("/priority"), "emergency_by_agent", "ask an operator to raise it");
}

static const char *const STATES[] = {"new",        "triaged", "schedulable",
                                     "scheduled",  "dispatched", "onsite",
                                     "closeout_pending", "closed", "canceled"};

static void illegal(proposal_t *to, const char *const *parts, size_t count) {
  string_t told = {NULL, 0};
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(parts[i]);
    told.ptr = realloc(told.ptr, told.len + length);
    memcpy(told.ptr + told.len, parts[i], length);
    told.len += length;
  }
  stay(to);
  to->tag = PROPOSAL(ILLEGAL);
  to->val.illegal = told;
}

// Moves a new or triaged ticket as far as its facts carry it, an overriding operator's
// to schedulable.
static void settle(const call_t *call, const ticket_t *ticket, proposal_t *to) {
  const struct {
    bool holds;
    const char *gate;
  } gates[] = {
      {is_told(&ticket->classification), "intake.classification"},
      {ticket->has_phone || ticket->has_email, "intake.contact"},
      {is_told(&ticket->access_details), "intake.access_details"},
      {ticket->address_complete, "intake.address"},
  };
  const size_t count = sizeof gates / sizeof *gates;
  string_t *missing = malloc(count * sizeof(string_t));
  size_t len = 0;
  for (size_t i = 0; i < count; i++)
    if (!gates[i].holds)
      missing[len++] = text(gates[i].gate);
  if (len == 0 || call->override_reason.is_some) {
    advance(to, STATE(SCHEDULABLE));
    to->val.commit.overridden = (tool_policy_list_string_t){missing, len};
  } else if (ticket->state == STATE(NEW) && gates[0].holds) {
    advance(to, STATE(TRIAGED));
  } else {
    stay(to);
  }
}

void exports_dispatch_policy_rules_transition(actor_t *actor, call_t *call, ticket_t *ticket,
                                              settings_t *settings, proposal_t *to) {
  (void)actor;
  if (!is_ours(call, ticket)) {
    const char *parts[] = {"this is another tool's call"};
    illegal(to, parts, 1);
  } else if (ticket->state > STATE(CLOSEOUT_PENDING)) {
    const char *parts[] = {TOOL,
                           " is legal in new, triaged, schedulable, scheduled, dispatched, onsite, "
                           "closeout_pending; the ticket is ",
                           STATES[ticket->state]};
    illegal(to, parts, 3);
  } else if (ticket->state >= STATE(DISPATCHED) && !after_dispatch(settings)) {
    const char *parts[] = {"the priority stands once a technician is dispatched"};
    illegal(to, parts, 1);
  } else if (ticket->state > STATE(TRIAGED)) {
    stay(to);
  } else {
    settle(call, ticket, to);
  }
}
