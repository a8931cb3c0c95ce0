/* Shows one launch, and a tree of who launched whom. */
#ifndef SB_CLIENT_REPORT_DETAIL_H
#define SB_CLIENT_REPORT_DETAIL_H

#include "client/report/report.h"

/* Writes everything about one launch. */
void report_detail(const report_look *look, const report_sink *sink, const msg_launch *launch);

/* A launch in a tree; marked: the one that was asked for. */
typedef struct tree_line {
    const msg_launch *launch;
    size_t depth;
    bool marked;
    const char *remark; /* such as why the tree ends here; or NULL */
} tree_line;

/* Writes the tree. Parents come before their children, which are one level deeper. */
void report_tree(const report_look *look, const report_sink *sink, const tree_line *lines, size_t count);

/* Returns whether parent's child is the caller of child: the same process, by its id and creation time. */
bool tree_is_parent(const msg_launch *parent, const msg_launch *child);

#endif
