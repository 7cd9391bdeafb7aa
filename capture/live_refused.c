/* live_refused.c - why an interface cannot be captured on, and what to do about it. */
#include "capture/live_refused.h"

#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

enum { ONE_NAME_MAX = 4 * IF_NAMESIZE + 4, NAMES_MAX = 600 };

bool live_refused_permission(const char *shown, struct fail *fail)
{
    char program[200] = "wiretale", path[200];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    if (len > 0 && (size_t)len < sizeof path) {
        fail_quote((struct bytes){(const uint8_t *)path, (size_t)len}, program, sizeof program);
    }
    return fail_set(
        fail, STATUS_FORBIDDEN,
        "cannot capture on %s: permission denied; CAP_NET_RAW is needed: begin with sudo, "
        "which becomes your own user after opening, or once for everybody: sudo setcap "
        "cap_net_raw=ep %s",
        shown, program);
}

bool live_refused_missing(const char *shown, struct fail *fail)
{
    char names[NAMES_MAX] = "", one[ONE_NAME_MAX];
    size_t used = 0;
    struct if_nameindex *list = if_nameindex();
    for (size_t i = 0; list && list[i].if_index != 0 && used < sizeof names - ONE_NAME_MAX; i++) {
        fail_quote_name(list[i].if_name, one, sizeof one);
        used += (size_t)snprintf(names + used, sizeof names - used, "%s, ", one);
    }
    if (list) {
        if_freenameindex(list);
    }
    return fail_set(fail, STATUS_FORBIDDEN,
                    "cannot capture on %s: there is no such interface; there are: %sany (all of "
                    "them)",
                    shown, names);
}
