/* fuzz_redact.c - whatever a text holds, no "@" keeps what stood before it.
 *
 * The text is read in each way that commands and replies are. In the result of each, every "@" has
 * a token before it, or something that cannot be part of a local part.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/redact_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends_in_token(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && n < 12 &&
           ((s[len - 1 - n] >= 'a' && s[len - 1 - n] <= 'z') ||
            (s[len - 1 - n] >= '2' && s[len - 1 - n] <= '7'))) {
        n++;
        if (n >= 5 && n < len && s[len - 1 - n] == 'u') {
            return true;
        }
    }
    return false;
}

static void check(const struct scrub *x, const char *separators)
{
    assert(x->len <= x->size);
    for (size_t i = 1; i < x->len; i++) {
        if (x->out[i] == '@') {
            assert((x->out[i - 1] && strchr(separators, x->out[i - 1])) ||
                   ends_in_token(x->out, i));
        }
    }
}

static void read_command(struct scrub *x, struct bytes text)
{
    struct bytes lead, path = scrub_take_path(&text, &lead);
    scrub_begin(x);
    scrub_put(x, lead);
    scrub_path(x, path);
    scrub_params(x, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tokens *tokens;
    static struct redact_words *words;
    uint8_t scratch[1100];
    char token[TOKEN_MAX], *out;
    if (size == 0 || size > 2048) {
        return 0;
    }
    if (!tokens) {
        tokens = tokens_new(NULL, NULL);
        words = redact_words_new();
    }
    assert(tokens && words);
    size_t room = data[0] < 128 ? (size_t)data[0] : size * 16 + 64;
    struct bytes text = {data + 1, size - 1};
    out = malloc(room ? room : 1);
    assert(out);
    struct scrub x = {.tokens = tokens, .words = words, .out = out, .size = room};

    redact_words_reset(words);
    scrub_begin(&x);
    scrub_text(&x, text);
    check(&x, " \t\r\n<>()[],;:\"'`@");

    struct address_parts parts = address_parts_of(text, scratch, sizeof(scratch));
    scrub_token(&x, &parts, token);
    redact_words_add(words, parts.local, token);
    scrub_begin(&x);
    scrub_text(&x, text);
    scrub_begin(&x);
    scrub_path(&x, text);
    scrub_begin(&x);
    scrub_params(&x, text);
    check(&x, " \t\r\n<>()[],;:\"'`@=");
    read_command(&x, text);
    free(out);
    return 0;
}
