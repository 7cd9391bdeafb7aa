/* option_values.h - how each option's value is read: functions of type option_set. */
#ifndef REPORT_OPTION_VALUES_H
#define REPORT_OPTION_VALUES_H

#include "report/options_table.h"

bool option_set_ports(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_ours(struct options_state *state, const char *value, bool first, struct fail *fail);
bool option_set_since(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_until(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_html(struct options_state *state, const char *value, bool first, struct fail *fail);
bool option_set_xml(struct options_state *state, const char *value, bool first, struct fail *fail);
bool option_set_jsonl(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_redact_key(struct options_state *state, const char *value, bool first,
                           struct fail *fail);
bool option_set_keylog(struct options_state *state, const char *value, bool first,
                       struct fail *fail);
bool option_set_reply_patterns(struct options_state *state, const char *value, bool first,
                               struct fail *fail);
bool option_set_bpf(struct options_state *state, const char *value, bool first, struct fail *fail);
bool option_set_user(struct options_state *state, const char *value, bool first, struct fail *fail);
bool option_set_config(struct options_state *state, const char *value, bool first,
                       struct fail *fail);
bool option_set_steps(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_redact(struct options_state *state, const char *value, bool first,
                       struct fail *fail);
bool option_set_fail_on(struct options_state *state, const char *value, bool first,
                        struct fail *fail);
bool option_set_color(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_limit(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_threshold(struct options_state *state, const char *value, bool first,
                          struct fail *fail);
bool option_set_interface(struct options_state *state, const char *value, bool first,
                          struct fail *fail);
bool option_set_speed(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_hash(struct options_state *state, const char *value, bool first, struct fail *fail);
bool option_set_trust(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_probe(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_server_name(struct options_state *state, const char *value, bool first,
                            struct fail *fail);
bool option_set_no_ndpi(struct options_state *state, const char *value, bool first,
                        struct fail *fail);
bool option_set_quiet(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_verbose(struct options_state *state, const char *value, bool first,
                        struct fail *fail);
bool option_set_utc(struct options_state *state, const char *value, bool first, struct fail *fail);
bool option_set_local(struct options_state *state, const char *value, bool first,
                      struct fail *fail);
bool option_set_no_config(struct options_state *state, const char *value, bool first,
                          struct fail *fail);
bool option_set_print_config(struct options_state *state, const char *value, bool first,
                             struct fail *fail);

#endif
