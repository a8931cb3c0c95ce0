/* The links from the pages of the documentation to files and headings. */
#ifndef SB_TESTS_DOCS_LINKS_H
#define SB_TESTS_DOCS_LINKS_H

#include "tests/docs/pages.h"

/* Checks that every relative link leads to a file, and every anchor to a heading. A target need not be among
 * pages. Prints the links that lead nowhere; *ret_links is the number of links. */
bool links_good(const page *pages, size_t count, size_t *ret_links);

#endif
