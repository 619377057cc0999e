/* events: the streams of changes.  One thread follows the feed and tells each stream what its person may see. */
#ifndef API_EVENTS_H
#define API_EVENTS_H
#include "api/api.h"

struct events *events_start(struct app *);
void events_stop(struct events *);      /* joins the thread; after http_stop, which has closed all streams */
#endif
