/* embedded.h - the style and the script of the HTML report, constants of the program. embed.cmake
 * makes the C file from style.css and page.js. */
#ifndef REPORT_EMBEDDED_H
#define REPORT_EMBEDDED_H

#include <stddef.h>

extern const unsigned char embedded_style[];
extern const size_t embedded_style_len;
extern const unsigned char embedded_script[];
extern const size_t embedded_script_len;

#endif
