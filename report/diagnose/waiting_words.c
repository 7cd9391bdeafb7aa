/* waiting_words.c - what a wait is called in findings. */
#include "report/diagnose/waiting_words.h"

#include "report/diagnose/timers.h"

const char *waiting_asked(const struct wait *w)
{
    static const char *const words[PHASE_COUNT] = {
        [PHASE_CONNECT] = "the SYN",     [PHASE_GREETING] = "the connection",
        [PHASE_EHLO] = "the hello",      [PHASE_STARTTLS] = "STARTTLS",
        [PHASE_TLS] = "the TLS hello",   [PHASE_AUTH] = "AUTH",
        [PHASE_MAIL] = "MAIL FROM",      [PHASE_RCPT] = "RCPT TO",
        [PHASE_DATA_INIT] = "DATA",      [PHASE_DATA] = "the content",
        [PHASE_EOD] = "the end of data", [PHASE_IDLE] = "the last command",
        [PHASE_QUIT] = "QUIT",
    };

    if (w->outstanding && w->outstanding->kind == EVENT_COMMAND &&
        w->outstanding->facts->command.verb) {
        return verb_names[w->outstanding->facts->command.verb];
    }
    return words[w->phase];
}

void waiting_say_timer(struct finding *f, enum phase phase, enum side side, double seconds)
{
    char timer[128];

    if (timers_recognize(phase, side, seconds, timer, sizeof timer)) {
        judge_say(f, " (the timer of %s)", timer);
    }
}
