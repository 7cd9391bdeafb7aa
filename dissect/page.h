/* page.h - memory by the page: what lies in one can be taken away, and put back at its address. */
#ifndef DISSECT_PAGE_H
#define DISSECT_PAGE_H

#include <stddef.h>

/* Octets of one; a multiple of what the system calls a page, and 4096 at least. */
size_t page_size(void);
/* Holds anything. NULL: no memory. */
void *page_take(void);
void page_give(void *page);
/* The system has its memory back, the address stays taken: what was in it is lost, and nothing may
 * touch it until page_fill. */
void page_empty(void *page);
/* It will be written to again; until then it holds anything. */
void page_fill(void *page);

#endif
