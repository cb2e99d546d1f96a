"""Files to begin from, and what each kind of import is for. Pure."""

STARTERS: dict[str, str] = {
    "people": "user_id,email,phone,firstName,lastName,birthday,address.city,address.country,newsletter\r\n"
    "10001,anna@example.com,+49 30 901820,Anna,Muster,1980-04-03,Berlin,DE,yes\r\n"
    "10002,bert@example.com,,Bert,Beispiel,,Hamburg,DE,no\r\n",
    "events": "user_id,email,event,time,store,amount\r\n"
    "10001,,Store Visited,2026-04-03 14:05,Berlin Mitte,\r\n"
    ",bert@example.com,Voucher Redeemed,2026-04-04 10:30,Hamburg,12.50\r\n",
    "orders": "order_id,order_date,user_id,email,currency,total,shipping,tax,product_id,product_name,category,quantity,"
    "price\r\n"
    "B-1001,2026-04-03 14:05,10001,anna@example.com,EUR,44.97,0,7.18,P-1,Canvas shoe,Shoes,2,19.99\r\n"
    "B-1001,2026-04-03 14:05,10001,anna@example.com,EUR,44.97,0,7.18,P-2,Socks,Accessories,1,4.99\r\n"
    "B-1002,2026-04-04 10:30,,bert@example.com,EUR,19.99,0,3.19,P-1,Canvas shoe,Shoes,1,19.99\r\n",
    "products": "product_id,name,category,brand,price,currency,url,image_url,in_stock,active,attributes.color\r\n"
    "P-1,Canvas shoe,Shoes,Larkfell,19.99,EUR,https://shop.example/p-1,https://shop.example/p-1.jpg,yes,yes,white\r\n"
    "P-2,Socks,Accessories,Larkfell,4.99,EUR,https://shop.example/p-2,,yes,yes,grey\r\n",
    "suppressions": "address,scope,reason,since,note\r\n"
    "anna@example.com,marketing,unsubscribe,2026-04-03,\r\n"
    "bert@example.com,all,hard_bounce,2026-04-04,\r\n"
    "+49 30 901820,sms,manual,,asked by phone\r\n",
}

TEACHING: dict[str, tuple[str, str]] = {
    "people": ("People", "One row a person: who it is (customer number, e-mail, phone), and traits."),
    "events": ("Events", "One row something that happened: who, what, when, and properties."),
    "orders": ("Orders", "One row an order, or one row a line: lines are gathered by order id."),
    "products": ("Products", "One row a product of the catalog, as recommendations and mails show it."),
    "suppressions": ("Suppressed addresses", "One row an address that must not be written to, and why."),
}
