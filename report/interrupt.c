/* interrupt.c - Ctrl-C and its kin.
 *
 * The first SIGINT or SIGTERM is only noted: whoever reads looks at interrupt_signal and tells what
 * was read so far. The second one ends the program at once; unfinished outputs are removed, older
 * reports in their place stay.
 */
#include "report/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "capture/source_live.h"
#include "report/output.h"

static volatile sig_atomic_t noted, asked;
static bool hangup_ignored;
static struct source *volatile waked;

static void note(int number)
{
    if (noted != 0) {
        output_abandon_all();
        _exit(128 + number);
    }
    noted = number;
    if (waked) {
        source_live_stop(waked);
    }
}

static void ask(int number)
{
    (void)number;
    asked = 1;
}

void interrupt_install(void)
{
    /* No SA_RESTART: a read(2) that waits for a pipe must come back. */
    struct sigaction stop = {.sa_handler = note};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, answer = {.sa_handler = ask}, before;
    sigemptyset(&stop.sa_mask);
    sigemptyset(&answer.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGUSR1, &answer, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    hangup_ignored = sigaction(SIGHUP, &ignore, &before) == 0 && before.sa_handler == SIG_IGN;
}

void interrupt_hangup_stops(void)
{
    struct sigaction stop = {.sa_handler = note};
    sigemptyset(&stop.sa_mask);
    if (!hangup_ignored) {
        sigaction(SIGHUP, &stop, NULL);
    }
}

bool interrupt_asked(void)
{
    if (!asked) {
        return false;
    }
    asked = 0;
    return true;
}

int interrupt_signal(void)
{
    return noted;
}

void interrupt_wakes(struct source *live)
{
    waked = live;
    if (live && noted != 0) {
        source_live_stop(live);
    }
}
