/* demo_names: see demo_names.h. */
#include "channel/demo_names.h"

#include "base/buf.h"
#include "base/check.h"
#include "meta/uscc.h"

#include <string.h>

#define PICK(r, table) (table)[demo_between((r), 0, (int64_t)(sizeof(table) / sizeof *(table)) - 1)]

str demo_person(struct demo_rand *r, struct arena *mem, bool *woman)
{
    static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高", "罗",
        "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "潘", "袁", "蔡", "蒋", "余", "于", "杜", "叶", "程", "魏", "苏", "吕", "丁",
        "任", "卢", "姚", "沈", "钟", "姜", "崔", "谭", "陆", "范", "汪", "廖", "石", "金", "韦", "贾", "夏", "付", "方", "邹", "熊", "白", "孟", "秦", "邱", "侯", "江", "尹",
        "薛", "阎", "段", "雷", "龙", "黎", "史", "陶", "贺", "毛", "郝", "顾", "龚", "邵", "万", "覃", "武", "钱", "戴", "严", "莫", "孔", "向", "欧阳" };
    static const char *const men[] = { "伟", "强", "磊", "军", "勇", "杰", "涛", "明", "超", "刚", "平", "辉", "鹏", "华", "飞", "鑫", "波", "斌", "宇", "浩", "志强", "建国", "建华",
        "志远", "文博", "俊杰", "国庆", "立新", "海涛", "永刚", "子轩", "浩然", "嘉豪", "振宇", "晓东", "德胜", "家明", "少华", "景天", "庆丰", "维民", "启明", "正阳", "泽宇", "春生" };
    static const char *const women[] = { "芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "玲", "燕", "红", "梅", "莉", "兰", "琳", "婷", "雪", "慧", "颖", "洁", "晓蕾", "雅琴", "秀英",
        "桂兰", "玉梅", "淑芬", "佳怡", "欣怡", "思琪", "雨桐", "梦洁", "丽华", "海燕", "春梅", "文静", "晓燕", "美玲", "若曦", "诗涵", "婉清", "秋月", "云芳" };
    *woman = demo_chance(r, 38);
    const char *surname = PICK(r, surnames);
    return str_cat(mem, str_of(surname), str_of(*woman ? PICK(r, women) : PICK(r, men)));
}

static const char *const first[] = { "澄", "润", "清", "泓", "源", "汇", "恒", "嘉", "鼎", "瑞", "盛", "泰", "和", "信", "诚", "安", "康", "益", "宏", "博", "华", "新", "锦", "卓", "远",
    "达", "佳", "铭", "腾", "翔" };
static const char *const second[] = { "泉", "洁", "源", "宇", "邦", "达", "通", "丰", "隆", "昌", "茂", "程", "雅", "悦", "美", "辰", "川", "海", "航", "景", "凯", "力", "联", "明", "鹏",
    "拓", "旺", "兴", "阳", "尊" };
enum { FIRSTS = sizeof first / sizeof *first, SECONDS = sizeof second / sizeof *second };

size_t demo_trade_names(void) { return (size_t)FIRSTS * SECONDS; }

str demo_trade_name(size_t i, struct arena *mem)
{
    CHECK(i < demo_trade_names());
    /* A step that shares no divisor with the number of names visits every one. */
    size_t at = (i * 523 + 71) % demo_trade_names();
    return str_cat(mem, str_of(first[at / SECONDS]), str_of(second[at % SECONDS]));
}

str demo_company_suffix(struct demo_rand *r, const char *kind)
{
    static const struct { const char *kind, *suffixes[5]; } table[] = {
        { "distributor", { "净水设备有限公司", "环保科技有限公司", "供应链管理有限公司", "电器贸易有限公司", "商贸有限公司" } },
        { "agent", { "环境工程有限公司", "机电设备有限公司", "水处理技术有限公司", "节能科技有限公司", "工程技术服务有限公司" } },
        { "dealer", { "厨卫电器有限公司", "建材有限公司", "家居用品有限公司", "暖通设备有限公司", "水暖器材有限公司" } },
        { "retailer", { "家电连锁有限公司", "百货有限公司", "家居广场有限公司", "电器商场有限公司", "商业管理有限公司" } },
        { "platform", { "电子商务有限公司", "网络科技有限公司", "信息技术有限公司", "数字科技有限公司", "互联网科技有限公司" } },
        { "alliance", { "装饰工程有限公司", "物业服务有限公司", "智能家居有限公司", "酒店管理有限公司", "房地产营销策划有限公司" } },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].kind, kind) == 0)
            return str_of(PICK(r, table[i].suffixes));
    CHECK(0 && "a kind of partner without names");
    return STR_NONE;
}

str demo_street(struct demo_rand *r, struct arena *mem)
{
    static const char *const roads[] = { "人民路", "建设路", "解放路", "中山路", "和平路", "新华路", "文化路", "友谊路", "工业大道", "科技大道", "滨江大道", "迎宾大道", "学府路", "长江路",
        "黄河路", "创业路", "兴业路", "朝阳路", "胜利路", "东风路", "金融街", "环城北路", "环城南路", "湖滨路" };
    static const char *const houses[] = { "华茂大厦", "创新中心", "国际商务中心", "建材城", "家居广场", "工业园", "科技园", "汇金广场", "金座", "电商产业园" };
    int64_t     number = demo_between(r, 1, 888), floor = demo_between(r, 2, 26), room = demo_between(r, 1, 12);
    const char *road = PICK(r, roads), *house = PICK(r, houses);
    if (demo_chance(r, 35))
        return str_printf(mem, "%s%d号", road, (int)number);
    return str_printf(mem, "%s%d号%s%d%02d室", road, (int)number, house, (int)floor, (int)room);
}

str demo_mobile(size_t i, struct arena *mem)
{
    static const int prefixes[] = { 130, 131, 132, 135, 136, 137, 138, 139, 150, 151, 152, 157, 158, 159, 176, 177, 178, 180, 181, 182, 185, 186, 187, 188, 189, 191, 198, 199 };
    uint64_t tail = ((uint64_t)i * 48271u + 20250101u) % 100000000u;
    return str_printf(mem, "%d%08u", prefixes[tail % (sizeof prefixes / sizeof *prefixes)], (unsigned)tail);
}

str demo_bank(struct demo_rand *r)
{
    static const char *const banks[] = { "中国工商银行", "中国农业银行", "中国银行", "中国建设银行", "交通银行", "招商银行", "浦发银行", "兴业银行", "中信银行", "中国邮政储蓄银行" };
    return str_of(PICK(r, banks));
}

str demo_uscc(struct demo_rand *r, const char *region, size_t i, struct arena *mem)
{
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    char             *code = arena_alloc(mem, USCC_LENGTH + 1);
    memcpy(code, "91", 2);
    memcpy(code + 2, region, 6);
    memcpy(code + 8, "MA", 2);                  /* as given to companies since 2015 */
    for (int k = 10; k < 13; k++)
        code[k] = letters[demo_between(r, 0, 30)];
    for (int k = 15; k >= 13; k--, i /= 31)     /* the running number keeps the code unique */
        code[k] = letters[i % 31];
    code[16] = uscc_organisation_check(code + 8);
    code[17] = uscc_check_character(code);
    CHECK(code[16] && code[17]);
    return (str){ code, USCC_LENGTH };
}
