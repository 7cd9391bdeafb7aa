/* redact_address.c - the parts of an address, as mail servers and their logs write it.
 *
 * RFC 5321 section 4.1.2 (Path, Quoted-string, Domain), generously: what servers accept and repeat
 * is more than the grammar allows.
 */
#include "report/redact_address.h"

#include <string.h>

#include "dissect/text.h"

static bool in_domain(uint8_t c)
{
    return text_is_letter(c) || text_is_digit(c) || c == '-' || c == '.' || c == '_' || c >= 0x80;
}

size_t address_domain_end(struct bytes b, size_t at)
{
    size_t end = at;
    if (at < b.len && b.data[at] == '[') {
        while (end < b.len && (in_domain(b.data[end]) || b.data[end] == ':' || end == at)) {
            end++;
        }
        return end < b.len && b.data[end] == ']' ? end + 1 : at;
    }
    /* Not over two dots: "<u@example.org>..." is said by Sendmail without the brackets too. */
    while (end < b.len && in_domain(b.data[end]) &&
           !(end > at && b.data[end] == '.' && b.data[end - 1] == '.')) {
        end++;
    }
    while (end > at && b.data[end - 1] == '.') {
        end--;
    }
    return end;
}

bool address_is_host_name(struct bytes b)
{
    size_t dot = b.len;
    while (dot > 0 && b.data[dot - 1] != '.') {
        dot--;
    }
    return dot > 1 && dot < b.len && text_is_letter(b.data[dot]) && b.data[0] != '.';
}

static int hex_value(uint8_t c)
{
    c = text_upper(c);
    return text_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t address_decode(struct bytes in, uint8_t mark, uint8_t *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len && len < size; i++) {
        uint8_t c = in.data[i];
        bool marked = c == mark && i + 2 < in.len;
        int high = marked ? hex_value(in.data[i + 1]) : -1;
        int low = marked ? hex_value(in.data[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            c = (uint8_t)(high * 16 + low);
            i += 2;
        }
        out[len++] = c;
    }
    return len;
}

size_t address_route_len(struct bytes path)
{
    if (path.len == 0 || path.data[0] != '@') {
        return 0;
    }
    for (size_t i = 1; i < path.len; i++) {
        if (path.data[i] == ':') {
            return i + 1;
        }
        if (!in_domain(path.data[i]) && path.data[i] != ',' && path.data[i] != '@') {
            return 0;
        }
    }
    return 0;
}

struct bytes address_without_brackets(struct bytes path)
{
    if (path.len && path.data[0] == '<') {
        path = address_part(path, 1, path.len);
        if (path.len && path.data[path.len - 1] == '>') {
            path.len--;
        }
    }
    return path;
}

size_t address_find_at(struct bytes b)
{
    size_t found = b.len;
    bool quoted = false;
    for (size_t i = 0; i < b.len; i++) {
        if (b.data[i] == '\\' && quoted) {
            i++;
        } else if (b.data[i] == '"') {
            quoted = !quoted;
        } else if (b.data[i] == '@' && !quoted) {
            found = i;
        }
    }
    if (found == b.len && quoted) { /* the quotes never closed: they were none */
        const uint8_t *at = memrchr(b.data, '@', b.len);
        return at ? (size_t)(at - b.data) : b.len;
    }
    return found;
}

struct bytes address_unquoted(struct bytes local, uint8_t *scratch, size_t size)
{
    size_t len = 0;
    if (local.len < 2 || local.data[0] != '"' || local.len > size) {
        return local;
    }
    for (size_t i = 1; i < local.len; i++) {
        if (local.data[i] == '"') {
            continue;
        }
        if (local.data[i] == '\\' && i + 1 < local.len) {
            i++;
        }
        scratch[len++] = local.data[i];
    }
    return (struct bytes){scratch, len};
}

struct address_parts address_parts_of(struct bytes path, uint8_t *scratch, size_t size)
{
    struct address_parts parts;
    path = address_without_brackets(path);
    path = address_part(path, address_route_len(path), path.len);
    size_t at = address_find_at(path);
    parts.local = address_part(path, 0, at);
    parts.domain = at < path.len ? address_part(path, at + 1, address_domain_end(path, at + 1))
                                 : (struct bytes){path.data, 0};
    parts.local = address_unquoted(parts.local, scratch, size);
    return parts;
}
