/* One launch for people, and who launched whom. */
#ifndef SB_CLIENT_REPORT_DETAIL_H
#define SB_CLIENT_REPORT_DETAIL_H

#include "client/report/report.h"

/* Everything that is known of one launch. */
void report_detail(const report_look *look, const report_sink *sink, const msg_launch *launch);

/* A launch in a tree; marked: the one that was asked for. */
typedef struct tree_line {
    const msg_launch *launch;
    size_t depth;
    bool marked;
    const char *remark; /* such as why it is not gone on with; or NULL */
} tree_line;

/* Parents before their children, each deeper by one. */
void report_tree(const report_look *look, const report_sink *sink, const tree_line *lines, size_t count);

/* Whether parent's child is the caller of child: the same process, by id and by when Windows created it. */
bool tree_is_parent(const msg_launch *parent, const msg_launch *child);

#endif
