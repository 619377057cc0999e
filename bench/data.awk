# data.awk -v n=LINES -v dir=DIR: the CSV files of the bench: 200 partners, 500 products, orders of five lines each.
BEGIN {
    srand(7)
    f = dir "/partner.csv"
    print "code,name,status" > f
    for (i = 1; i <= 200; i++) printf "BP%04d,华东渠道第%d有限公司,active\n", i, i > f
    f = dir "/product.csv"
    print "code,name" > f
    for (i = 1; i <= 500; i++) printf "BX%04d,净水器 QX-%04d\n", i, i > f
    orders = dir "/order.csv"; lines = dir "/order_line.csv"
    print "number,partner,order_date,status" > orders
    print "line_key,order,line_no,product,quantity,unit_price,discount_amount,amount,tax,unit_cost,cost" > lines
    split("submitted confirmed shipped completed", status, " ")
    for (o = 1; o * 5 <= n; o++) {
        printf "BO%06d,BP%04d,2026-%02d-%02d,%s\n", o, 1 + int(rand() * 200), 1 + o % 11, 1 + o % 28, status[1 + o % 4] > orders
        for (k = 1; k <= 5; k++) {
            q = 1 + int(rand() * 40); p = 80 + int(rand() * 2000)
            printf "BO%06d-%d,BO%06d,%d,BX%04d,%d,%d,0,%d,%.2f,%d,%d\n", o, k, o, k, 1 + int(rand() * 500), q, p, q * p, q * p * 0.13, p / 2, q * int(p / 2) > lines
        }
    }
}
