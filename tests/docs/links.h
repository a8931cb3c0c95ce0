/* The links from one page of the documentation to another, and into it. */
#ifndef SB_TESTS_DOCS_LINKS_H
#define SB_TESTS_DOCS_LINKS_H

#include "tests/docs/pages.h"

/* Every relative link leads to a file, and every anchor to a heading; a page that is linked to need not be
 * among pages. Prints what does not; the number of links in *ret_links. */
bool links_good(const page *pages, size_t count, size_t *ret_links);

#endif
