# The tables of this folder as C, for the report floor.
set(DIAGNOSE_DATA ${PROJECT_SOURCE_DIR}/report/diagnose/data)
set(DIAGNOSE_MADE ${PROJECT_BINARY_DIR}/report/diagnose)
file(MAKE_DIRECTORY ${DIAGNOSE_MADE})

# diagnose_make(WHAT SOURCE OUTPUT)
function(diagnose_make what source output)
    add_custom_command(OUTPUT ${DIAGNOSE_MADE}/${output}
        COMMAND ${AWK} -v make=${what} -f ${DIAGNOSE_DATA}/tables.awk ${DIAGNOSE_DATA}/${source}
                > ${DIAGNOSE_MADE}/${output}.new
        COMMAND ${CMAKE_COMMAND} -E rename ${DIAGNOSE_MADE}/${output}.new ${DIAGNOSE_MADE}/${output}
        DEPENDS ${DIAGNOSE_DATA}/${source} ${DIAGNOSE_DATA}/tables.awk
        COMMENT "diagnosis: ${what}" VERBATIM)
endfunction()
diagnose_make(rules rules.def rule_words.h)
diagnose_make(timers timers.tsv timer_rows.h)
diagnose_make(states states.tsv state_rows.h)
diagnose_make(rules rules_dialogue.def rule_words_dialogue.h)
diagnose_make(rules rules_fleet.def rule_words_fleet.h)
diagnose_make(rules rules_replies.def rule_words_replies.h)
diagnose_make(rules rules_tls.def rule_words_tls.h)
diagnose_make(replies reply_patterns.tsv reply_rows.h)
diagnose_make(enhanced enhanced_status.tsv enhanced_rows.h)
diagnose_make(positive reply_codes.tsv positive_rows.h)
diagnose_make(providers providers.tsv provider_rows.h)
diagnose_make(alerts tls_alerts.tsv alert_rows.h)
diagnose_make(interceptors interceptors.tsv interceptor_rows.h)
add_custom_target(diagnose_tables DEPENDS
    ${DIAGNOSE_MADE}/rule_words.h ${DIAGNOSE_MADE}/timer_rows.h ${DIAGNOSE_MADE}/state_rows.h
    ${DIAGNOSE_MADE}/rule_words_dialogue.h ${DIAGNOSE_MADE}/rule_words_fleet.h
    ${DIAGNOSE_MADE}/rule_words_replies.h ${DIAGNOSE_MADE}/rule_words_tls.h
    ${DIAGNOSE_MADE}/reply_rows.h ${DIAGNOSE_MADE}/enhanced_rows.h
    ${DIAGNOSE_MADE}/positive_rows.h ${DIAGNOSE_MADE}/provider_rows.h
    ${DIAGNOSE_MADE}/alert_rows.h ${DIAGNOSE_MADE}/interceptor_rows.h)
add_dependencies(report diagnose_tables)
