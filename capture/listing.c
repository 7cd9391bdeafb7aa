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

/* "directory/name" where that is a regular file, or a link to one; else NULL. */
static char *path_of_file(const char *directory, const char *name)
{
    struct stat about;
    char *path = NULL;
    size_t len = strlen(directory);
    const char *slash = len > 0 && directory[len - 1] == '/' ? "" : "/";
    if (name[0] == '.' || asprintf(&path, "%s%s%s", directory, slash, name) < 0) {
        return NULL;
    }
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) {
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
    bool enough = true;
    fail_quote_name(path, shown, sizeof shown);
    if (!dir) {
        return fail_set(fail, STATUS_NO_INPUT, "cannot read %s: %s", shown, fail_reason(errno));
    }
    while (enough && (entry = readdir(dir))) {
        char *name = path_of_file(path, entry->d_name);
        enough = !name || add_entry(l, name, true);
    }
    closedir(dir);
    if (!enough) {
        return fail_set(fail, STATUS_NO_INPUT, "cannot read %s: out of memory", shown);
    }
    if (l->count == before) {
        return fail_set(fail, STATUS_NO_INPUT, "%s has no file in it", shown);
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

void listing_reset(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->entries[i].path);
    }
    free(l->entries);
    *l = (struct listing){0};
}
