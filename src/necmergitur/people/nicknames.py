"""Names that stand for each other, one group a line: nicknames and full forms, romanisations of one written name.

Groups may share a word; a word is then another name for all of them, and the rest of a record decides.
"""

GROUPS = """
emmanuel manu manuel emmanuelle
alexandre alex alexis sacha sasha xandre alexander aleksander aleksandr
alexandra alex sacha sandra alexandrine
alexandrine alex
benjamin ben benji benj
christophe chris kris tof totof
christian chris kris
christine chris kris cricri christelle
cristina christina
frederic fred fredo freddy
frederique fred
guillaume guigui will willy guil william

jeanbaptiste jb jeanba
baptiste bat batou
francois fanfan franck frank francis
francoise fanfan soizic
jerome jeje
jacques jack jacky jacquot
jacqueline jacky jackie line
joseph jo jojo jose josef youssef
josephine jo josie fifi
georges jojo geo george
julien juju jules
julie juju juliette
laurent lolo laurie
laurence lolo
nicolas nico nikos nicolai niko mikolaj
nicole nico nini
olivier oliv olive oli oliver
patrick pat patou patrice
patricia pat patou trish
pierre pierrot peter piotr pedro
philippe phil filou felipe philip
raphael raph rafi rafael rafa
sebastien seb sebi bastien sebastian
stephane steph stef stefan stephan etienne steven
stephanie steph stef fanny
sophie soso zofia sofia
thomas tom tommy tomek tomasz
vincent vince vincenzo
veronique vero
valerie val valou
valentin val valou
valentine val valou
virginie virg ginie ninie
catherine cathy kate cat katherine katarzyna kasia caterina
caroline caro carole
charlotte charlie lolotte
charles charlie charly carlos karol
dominique dom domi
daniel dan dany danny
danielle dan dany
david dave dav
edouard ed edo doudou edward
elisabeth elise babeth lise betty zabeth liz elzbieta ela elizabeth
isabelle isa zaza bella isabel
genevieve gege ginette
gerard gege
gregory greg gregoire grzegorz
helene lena lene nelly helena
jeanne jeannette jane joanna janine
jean jeannot jan john juan yann ivan
josiane jojo
louis loulou luis ludo ludwig
louise loulou lou
ludovic ludo
madeleine mado mad magdalena magda
marguerite margot maggie margaux malgorzata gosia
marie mimi maria marion maryse mary marya
mathieu mat matt mathis mateusz matthieu
mathilde math mathou tilde
maxime max maxence maximilien
michel mich mimi michou miguel michal michael
michele mich mimi
michael mike mick mickael micky mich
mickael mike mick micky
mikael mike mick
monique momo mo
nathalie nat nath natalia
nathan nat nathanael
pascal pasc paco
pascale pasc
paul paulo pablo pawel
pauline popo paulette
rodolphe rodo
robert bob bobby rob
roger rog
romain rom romeo
samuel sam sammy
samantha sam sammy
samir sam
samira sam
sandrine sand sandy
serge sergio sergei
simon sim
sylvain sylv
sylvie sylv
theodore theo ted
theophile theo
thierry titi
timothee tim timo
timothy tim
tristan tris
yannick yann yan
antoine tony toine antonio anton antoni titouan anthony
antoinette toinette nanette
arnaud nono arno
arthur tutur artur
augustin gus
auguste gus
aurelie lili aure
aurelien aure orel
bernard nanard bernie
bernadette dadette
bertrand bert
brigitte bri gitte
cecile cec ceci
celine cel line
clement clem
clementine clem titine
constance coco
corinne coco
cyril cyr
delphine del fifine
denise nini
eleonore leo nora elea
leonard leo
leopold leo polo
emilie mimi emi
emile mimile
ernest nenesse
estelle stella
etienne tienou
eugenie nini
fabien fab
fabrice fab
fabienne fab
fernand nanand
florence flo
florian flo
gabriel gab gaby
gabrielle gab gaby
henri riri henry henryk enrique
hippolyte hippo
jonathan jo john nathan
jennifer jenny jen
jessica jess
jessie jess
joel jo
johanna jo
jordan jo
kevin kev
leonie leo nini
lucas luc luka lukasz
lucie lulu lucia
lucien lulu lucio
marcel cece
marc marco mark marek
martine titine
melanie mel
melissa mel
mireille mimi
noemie nono mimi
quentin kent
regine reg
remi rem
rosalie rose
roxane rox
solange soso
suzanne suzy suzon
theresa tess tessa
therese tete tess
ursule ursu
victor vic vico wiktor
victoria vic vicky
violette viola
xavier xav javier
yvonne vonette
zacharie zac zak zach
zoe zozo
mohamed mohammed muhammad mohammad mohamad mouhamed mehmet momo med moh mamadou hamid
mohammed mohamed momo med moh
muhammad momo med
mahmoud momo
mustapha mustafa moustapha mous musti
abdelkader kader abdel
abdelaziz aziz abdel
abdelhamid hamid abdel
abdelkrim krim karim abdel
abderrahmane abder rahmane abdou
abderrahim abder rahim
abdallah abdou abdullah abdoulaye
abdelmalek malek abdel
ahmed hmed ahmad ahmet
hicham hisham
ibrahim brahim ibra ibrahima abraham
ismael ismail smail
khadija khadidja kadi kadija dija
fatima fatma fatoumata fati fatou zahra
aicha aisha aissatou
rachid rashid
said saeed
youssef yusuf yousef youcef joseph yossef jo
yassine yacine yasin yass
zineb zaynab zeinab
hassan hassen hasan
hussein hossein houcine hocine husain
ali aly
omar umar oumar
othmane osman ousmane uthman
soufiane sofiane soso
bilal bilel
nordine noureddine nourdine
jamal djamel jamel gamal
jalal djalal
djamila jamila
kheira khaira
leila layla lila
meriem maryam myriam mariam meryem miriam
nadia nadya
samia samya
tarek tariq tarik
walid oualid waleed
karim krim
zhang chang cheung teo
wang wong vong
li lee ly
chen chan tan tran
liu lau low
huang hwang wong
zhao chao chiu
zhou chow chau
wu ng
xu hsu tsui
zhu chu
lin lam
guo kwok kuo
he ho
ma mah
yang yeung young
zheng cheng tay
xie hsieh tse
cai tsai choi
jiang chiang
deng teng tang
gim kim
bak park pak
choe choi
yi lee rhee
jeong jung chung
nguyen nguyn nguyenn
pham phan
truong chuong
katarzyna kasia
malgorzata gosia
agnieszka aga
aleksandra ola
stanislaw staszek stan
krzysztof krzys christophe
wojciech wojtek
zbigniew zbyszek
jozef jozek joseph
fernando nando
francisco paco pancho kiko
jose pepe
guadalupe lupe
dolores lola
concepcion concha
vladimir vova volodia
dmitri dima dimitri
yekaterina katia katya catherine
tatiana tania
natalia natacha natasha
anastasia nastia
william will bill billy liam
richard rick dick ricky
edward ed eddie ted
james jim jimmy
anthony tony
andrew andy drew
matthew matt
katherine kate katie kathy
margaret maggie meg peggy
elizabeth liz beth lizzie eliza
rebecca becky
deborah debbie
joshua josh
nicholas nick
jacob jake
zachary zac zach
cameron cam
patrick paddy
"""
