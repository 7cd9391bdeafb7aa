/* message.c - what the program says besides its reports. */
#include "report/message.h"

#include <stdarg.h>
#include <stdio.h>

#include "report/escape.h"
#include "report/progress.h"

void message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    progress_wipe();
    flockfile(stderr);
    fputs("wiretale: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(args);
}

void message_fail(const struct fail *fail)
{
    if (fail->text[0] != '\0') {
        message("%s", fail->text);
    }
}

const char *message_name(const char *name, char out[MESSAGE_NAME_MAX])
{
    escape_plain(out, MESSAGE_NAME_MAX, bytes_of_string(name));
    return out;
}
