/* replay.c - runs every file of a corpus directory through a fuzz target, once.
 *
 * So that each stored input is an ordinary test in builds without a fuzzer. A directory that does
 * not exist or is empty fails: a corpus that went missing must not look like success.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns false when the file could not be read. The buffer has exactly the input's size, so that
 * the address sanitizer sees the first byte read behind it. */
static bool replay_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    struct stat st;
    if (!in || fstat(fileno(in), &st) != 0) {
        perror(path);
        if (in) {
            fclose(in);
        }
        return false;
    }
    size_t size = (size_t)st.st_size;
    uint8_t *data = malloc(size ? size : 1);
    bool ok = data && fread(data, 1, size, in) == size;
    fclose(in);
    if (ok) {
        LLVMFuzzerTestOneInput(data, size);
    }
    free(data);
    return ok;
}

static int replay_directory(const char *path)
{
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    int replayed = 0;
    bool ok = count >= 0;
    for (int i = 0; i < count; i++) {
        char file[4096];
        int len = snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && len > 0 && (size_t)len < sizeof(file)) {
            ok = replay_file(file) && ok;
            replayed++;
        }
        free(names[i]);
    }
    if (count >= 0) {
        free(names);
    }
    printf("%s: %d inputs replayed\n", path, replayed);
    return ok && replayed > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    return replay_directory(argv[1]);
}
