using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LiveSessions.Server.Transcripts.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LineTerms : Migration
    {
        private static string Terms(string words) => $"""(SELECT value FROM json_each('["' || replace({words}, ' ', '","') || '"]') WHERE value <> '')""";

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // The words of each line, kept by triggers. A line that changes takes only those words in hand that it has lost or gained (docs/decisions/0021). Words are letters and digits with spaces between.
            migrationBuilder.Sql($"""
                DROP TRIGGER "Lines_added";
                DROP TRIGGER "Lines_gone";
                DROP TRIGGER "Lines_changed";
                DROP TABLE "LineWords";
                CREATE TABLE "LineTerms" ("Term" TEXT NOT NULL, "Row" INTEGER NOT NULL, PRIMARY KEY ("Term", "Row")) WITHOUT ROWID;
                INSERT INTO "LineTerms" ("Term", "Row") SELECT DISTINCT value, "Row" FROM "Lines", json_each('["' || replace("Words", ' ', '","') || '"]') WHERE value <> '';
                CREATE TRIGGER "Lines_added" AFTER INSERT ON "Lines" BEGIN
                    INSERT INTO "LineTerms" ("Term", "Row") SELECT DISTINCT value, new."Row" FROM {Terms("""new."Words" """)};
                END;
                CREATE TRIGGER "Lines_gone" AFTER DELETE ON "Lines" BEGIN
                    DELETE FROM "LineTerms" WHERE "Row" = old."Row" AND "Term" IN {Terms("""old."Words" """)};
                END;
                CREATE TRIGGER "Lines_changed" AFTER UPDATE ON "Lines" WHEN old."Words" <> new."Words" BEGIN
                    DELETE FROM "LineTerms" WHERE "Row" = old."Row" AND "Term" IN (SELECT value FROM {Terms("""old."Words" """)} EXCEPT SELECT value FROM {Terms("""new."Words" """)});
                    INSERT INTO "LineTerms" ("Term", "Row") SELECT value, new."Row" FROM (SELECT value FROM {Terms("""new."Words" """)} EXCEPT SELECT value FROM {Terms("""old."Words" """)});
                END;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""
                DROP TRIGGER "Lines_added";
                DROP TRIGGER "Lines_gone";
                DROP TRIGGER "Lines_changed";
                DROP TABLE "LineTerms";
                CREATE VIRTUAL TABLE "LineWords" USING fts5("Words", content = 'Lines', content_rowid = 'Row', tokenize = 'unicode61 remove_diacritics 0');
                INSERT INTO "LineWords" ("LineWords", "rank") VALUES ('secure-delete', 1);
                INSERT INTO "LineWords" ("LineWords") VALUES ('rebuild');
                CREATE TRIGGER "Lines_added" AFTER INSERT ON "Lines" BEGIN
                    INSERT INTO "LineWords" (rowid, "Words") VALUES (new."Row", new."Words");
                END;
                CREATE TRIGGER "Lines_gone" AFTER DELETE ON "Lines" BEGIN
                    INSERT INTO "LineWords" ("LineWords", rowid, "Words") VALUES ('delete', old."Row", old."Words");
                END;
                CREATE TRIGGER "Lines_changed" AFTER UPDATE ON "Lines" BEGIN
                    INSERT INTO "LineWords" ("LineWords", rowid, "Words") VALUES ('delete', old."Row", old."Words");
                    INSERT INTO "LineWords" (rowid, "Words") VALUES (new."Row", new."Words");
                END;
                """);
        }
    }
}
