/* page.c - memory by the page.
 *
 * Address space comes from the system by the megabyte and is never given back: 64-bit systems have
 * more of it than limits.h could ask for. Memory is: a page that was given stays filled for the
 * next one who takes it while few others do, and is emptied otherwise.
 *
 * Under the address sanitizer every page is a block of its own, so that what is written beyond it
 * is seen, and so is whoever touches one that is empty.
 */
#include "dissect/page.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EVERY_PAGE_ALONE
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define EVERY_PAGE_ALONE
#endif

size_t page_size(void)
{
    enum { PAGE_MIN = 4096 };
    static size_t size;

    if (size == 0) {
        long told = sysconf(_SC_PAGESIZE);
        size = told > PAGE_MIN ? (size_t)told : PAGE_MIN;
    }
    return size;
}

#ifdef EVERY_PAGE_ALONE

#include <sanitizer/asan_interface.h>

void *page_take(void)
{
    return aligned_alloc(page_size(), page_size());
}

void page_give(void *page)
{
    free(page);
}

void page_empty(void *page)
{
    ASAN_POISON_MEMORY_REGION(page, page_size());
}

void page_fill(void *page)
{
    ASAN_UNPOISON_MEMORY_REGION(page, page_size());
}

#else

enum { GROW_PAGES = 256, FILLED_MAX = 1024 };

/* Pages that nobody has; room for all there are, so that giving one cannot fail. The program has
 * one thread. */
static struct {
    void **filled, **empty;
    size_t filled_count, empty_count, all;
} spare;

static bool widen(void ***list, size_t count)
{
    void **more = realloc(*list, count * sizeof *more);

    if (more) {
        *list = more;
    }
    return more;
}

static bool grow(void)
{
    size_t all = spare.all + GROW_PAGES, size = page_size();
    uint8_t *pages;

    if (!widen(&spare.filled, all) || !widen(&spare.empty, all)) {
        return false;
    }
    pages =
        mmap(NULL, GROW_PAGES * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return false;
    }
    /* A page that is emptied inside a huge one would give nothing back. */
    (void)madvise(pages, GROW_PAGES * size, MADV_NOHUGEPAGE);
    spare.all = all;
    for (size_t i = GROW_PAGES; i-- > 0;) {
        spare.empty[spare.empty_count++] = pages + i * size;
    }
    return true;
}

void *page_take(void)
{
    if (spare.filled_count) {
        return spare.filled[--spare.filled_count];
    }
    if (spare.empty_count == 0 && !grow()) {
        return NULL;
    }
    return spare.empty[--spare.empty_count];
}

void page_empty(void *page)
{
    /* Where that fails the page keeps its memory: more is used, nothing is wrong. */
    (void)madvise(page, page_size(), MADV_DONTNEED);
}

void page_fill(void *page)
{
    (void)page; /* the system does when it is written to */
}

void page_give(void *page)
{
    if (spare.filled_count < FILLED_MAX) {
        spare.filled[spare.filled_count++] = page;
    } else {
        page_empty(page);
        spare.empty[spare.empty_count++] = page;
    }
}

#endif
