/* main.c - the program on one screen: verb, chain, exit status.
 *
 * What a verb does is in report/run.c (and report/live/watch.c for live and
 * replay); the chain behind a source, from packet to written report, in
 * report/chain.c.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>

#include "capture/privilege.h"
#include "report/interrupt.h"
#include "report/keys.h"
#include "report/message.h"
#include "report/options.h"
#include "report/run.h"

static enum status run(const struct settings *settings)
{
    switch (settings->run) {
    case RUN_READ:
        return run_read(settings);
    case RUN_LIVE:
        return run_live(settings);
    case RUN_REPLAY:
        return run_replay(settings);
    case RUN_SHOW:
        return run_show(settings);
    case RUN_RULES:
        return run_rules(settings);
    case RUN_CUT:
    case RUN_DIFF:
        break; /* options_parse refuses them */
    }
    return STATUS_USAGE;
}

/* What is still in the buffer; a reader that went away is no failure. */
static enum status flush_stdout(void)
{
    if (fflush(stdout) == 0 || errno == EPIPE) {
        return STATUS_DONE;
    }
    message("standard output could not be written: it is not complete");
    return STATUS_NOT_WRITTEN;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct fail fail = {.status = STATUS_USAGE};
    enum status status = STATUS_DONE;
    privilege_not_dumpable();
    setlocale(LC_CTYPE, ""); /* which characters the terminal has; numbers and times stay ours */
    interrupt_install();
    switch (options_parse(argc, argv, &settings, &fail)) {
    case OPTIONS_RUN:
        if (!keys_open(&settings, &fail)) {
            message_fail(&fail);
            status = fail.status;
            break;
        }
        status = run(&settings);
        keys_tell(&settings);
        keys_close(&settings);
        break;
    case OPTIONS_HELP:
        break;
    case OPTIONS_WRONG:
        message_fail(&fail);
        status = STATUS_USAGE;
        break;
    }
    bool by_signal = (int)status >= 128;
    enum status flushed = flush_stdout();
    return by_signal ? (int)status : (int)status_worse(status, flushed);
}
