#include "db/engine.h"
bool postgres_open(const struct store_options *o, struct store **out, struct err *e)
{
    (void)o; (void)out;
    return err_internal(e, "this build has no PostgreSQL yet");
}
