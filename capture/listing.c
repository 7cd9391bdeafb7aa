/* listing.c - names of inputs, with the files of a directory in its place.
 *
 * Sorted by byte, so that the order is the same everywhere; rotated captures are numbered or dated
 * by their programs so that this is their order in time too, though nothing depends on it.
 */
#include "capture/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { NAME_SHOWN_MAX = 300 };

static bool add_entry(struct listing *l, char *path, bool found)
{
    if (path && l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 16;
        struct listing_entry *grown = realloc(l->entries, room * sizeof *grown);
        if (grown) {
            l->entries = grown;
            l->room = room;
        }
    }
    if (!path || l->count == l->room) {
        free(path);
        return false;
    }
    l->entries[l->count++] = (struct listing_entry){path, found};
    return true;
}

/* "directory/name" where that is a regular file, or a link to one, or cannot be looked at (whoever
 * opens it will say why); else NULL. */
static char *path_of_file(const char *directory, const char *name, size_t *others)
{
    struct stat about;
    char *path = NULL;
    size_t len = strlen(directory);
    const char *slash = len > 0 && directory[len - 1] == '/' ? "" : "/";
    if (name[0] == '.' || asprintf(&path, "%s%s%s", directory, slash, name) < 0) {
        return NULL;
    }
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        *others += S_ISDIR(about.st_mode);
        free(path);
        return NULL;
    }
    return path;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct listing_entry *)a)->path, ((const struct listing_entry *)b)->path);
}

static bool add_directory(struct listing *l, const char *path, struct fail *fail)
{
    char shown[NAME_SHOWN_MAX];
    size_t before = l->count;
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t others = 0; /* directories in it */
    bool enough = true;
    fail_quote_name(path, shown, sizeof shown);
    if (!dir) {
        return fail_set(fail, STATUS_NO_INPUT, "cannot read %s: %s", shown, fail_reason(errno));
    }
    while (enough && (errno = 0, entry = readdir(dir))) {
        char *name = path_of_file(path, entry->d_name, &others);
        enough = !name || add_entry(l, name, true);
    }
    int error = entry ? 0 : errno;
    closedir(dir);
    if (error) {
        return fail_set(fail, STATUS_NO_INPUT, "cannot read all of %s: %s", shown,
                        fail_reason(error));
    }
    if (!enough) {
        return fail_set(fail, STATUS_NO_INPUT, "cannot read %s: out of memory", shown);
    }
    if (l->count == before) {
        return fail_set(fail, STATUS_NO_INPUT, "%s has no file in it%s", shown,
                        others ? ", only directories; name those" : "");
    }
    qsort(l->entries + before, l->count - before, sizeof *l->entries, by_path);
    return true;
}

bool listing_add(struct listing *l, const char *path, struct fail *fail)
{
    struct stat about;
    if (strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        return add_directory(l, path, fail);
    }
    return add_entry(l, strdup(path), false) || fail_set(fail, STATUS_NO_INPUT, "out of memory");
}

/* path without one of the endings, if it has one: its length. */
static size_t without(const char *path, size_t len, const char *const *endings)
{
    for (; *endings; endings++) {
        size_t n = strlen(*endings);
        if (len > n && strncasecmp(path + len - n, *endings, n) == 0) {
            return len - n;
        }
    }
    return len;
}

bool listing_names_capture(const char *path)
{
    static const char *const packed[] = {".gz", ".zst", ".lz4", ".xz", ".bz2", ".Z", NULL};
    static const char *const captures[] = {".pcap", ".pcapng", ".cap", ".dmp", ".ntar", NULL};
    size_t len = without(path, strlen(path), packed);

    while (len > 0 && strchr("0123456789.-_", path[len - 1])) { /* of rotation */
        len--;
    }
    return without(path, len, captures) < len;
}

void listing_reset(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->entries[i].path);
    }
    free(l->entries);
    *l = (struct listing){0};
}
